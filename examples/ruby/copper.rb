# The few calls of Copper's Developer API that billing needs, with Ruby's own Net::HTTP.

require "json"
require "net/http"

class Copper
  API = "https://api.copper.com/developer_api/v1"
  # The most records that a search of Copper's returns at once.
  PAGE = 200

  # Copper accepts no more calls for now (429): try again later.
  class Busy < StandardError; end

  def initialize(token:, email:)
    @headers = {
      "Content-Type" => "application/json",
      "X-PW-AccessToken" => token,
      "X-PW-Application" => "developer_api",
      "X-PW-UserEmail" => email
    }
    # One connection for all calls, one call at a time.
    @turn = Mutex.new
    @http = Net::HTTP.new(URI(API).host, URI(API).port)
    @http.use_ssl = true
    @http.read_timeout = 10
  end

  def close
    @http.finish if @http.started?
  end

  # One person, or nil if there is none with this id.
  def person(id)
    call(Net::HTTP::Get, "/people/#{id}", or_nil: true)
  end

  # Everyone, oldest first: any created during the reading are appended, and shift no others.
  def each_person(&block)
    1.step do |number|
      body = { page_size: PAGE, page_number: number, sort_by: "date_created" }
      page = call(Net::HTTP::Post, "/people/search", body)
      page.each(&block)
      return if page.size < PAGE
    end
  end

  # Subscribe `target` to all events of people, except those to which it is subscribed already.
  def subscribe(target, secret)
    there = call(Net::HTTP::Get, "/webhooks").map { |each| each.values_at("type", "event", "target") }
    %w[new update delete].each do |event|
      next if there.include?(["person", event, target])

      call(Net::HTTP::Post, "/webhooks", { type: "person", event: event, target: target, secret: { key: secret } })
    end
  end

  private

  def call(method, path, body = nil, or_nil: false)
    request = method.new(URI(API + path), @headers)
    request.body = JSON.generate(body) if body
    answer = @turn.synchronize do
      @http.start unless @http.started?
      @http.request(request)
    end
    case answer
    when Net::HTTPOK then JSON.parse(answer.body)
    when Net::HTTPNotFound then or_nil ? nil : raise("#{path}: there is none")
    when Net::HTTPTooManyRequests then raise Busy, "Copper takes no more calls for now"
    else raise "#{path}: #{answer.code} #{answer.body}"
    end
  end
end
