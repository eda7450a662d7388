# Plays Copper in the tests: an account of copper-emulator, through its control API.

require "json"
require "net/http"

class Account
  SERVER = ENV.fetch("COPPER_EMULATOR_URL", "http://127.0.0.1:2929")

  attr_reader :token

  # A new account with frozen time: what a call makes due has been delivered when it returns.
  def initialize(settings = {})
    made = control(Net::HTTP::Post, "/accounts", settings: settings)
    @token = made["token"]
    @path = "/accounts/#{made["name"]}"
    post("/clock/freeze")
  end

  def post(path, body = {})
    control(Net::HTTP::Post, @path + path, body)
  end

  # Create people with these names; return their ids.
  def create(*names)
    post("/records/people/create", rows: names.map { |name| { name: name } })["records"].map { |each| each["id"] }
  end

  def update(ids, fields)
    post("/records/people/update", ids: ids, fields: fields)
  end

  def delete(ids)
    post("/records/people/delete", ids: ids)
  end

  # Everyone's name by id, as in Copper.
  def people
    found = post("/records/people/search", filters: { page_size: 200 })["records"]
    found.to_h { |each| each.values_at("id", "name") }
  end

  # A delivery that matches, or an error that says which came closest and why it did not match.
  def expect(event, ids, **more)
    post("/wait", { type: "person", event: event, ids: ids, timeout: "1s", **more })
  end

  def close
    control(Net::HTTP::Delete, @path, {})
  end

  private

  def control(method, path, body)
    uri = URI("#{SERVER}/_emulator/v1#{path}")
    request = method.new(uri, "Content-Type" => "application/json")
    request.body = JSON.generate(body)
    answer = Net::HTTP.start(uri.host, uri.port) { |http| http.request(request) }
    answered = JSON.parse(answer.body)
    # A refusal says what is wrong, and what would help.
    raise answered.values_at("error", "hint").compact.join("\n") unless answer.is_a?(Net::HTTPSuccess)

    answered
  end
end
