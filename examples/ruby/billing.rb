# billing: knows the people in Copper, because it sends invoices to them.
#
# Copper's webhooks notify it of the people that changed: it puts their ids into a queue and answers, and a thread
# fetches them one after another. Copper sends each notification only once, so everyone is read every few minutes. Only
# fetched records are trusted, so that late, repeated and reordered notifications lead to the same result.

require "openssl"
require "webrick"
require_relative "copper"

class Billing
  # Seconds before calling Copper again when it accepts no more calls, and between two reconciliations.
  REST = 20
  EVERY = 300

  attr_reader :names

  def initialize(copper, rest: -> { sleep REST })
    @copper = copper
    @rest = rest
    @names = {}
    @queue = Queue.new
    @worker = Thread.new { work }
  end

  # Note that something happened to these people.
  def note(ids)
    ids.each { |id| @queue << [:look_after, id] }
  end

  # Read everyone, to find what notifications have missed.
  def reconcile
    @queue << [:read_everyone]
  end

  # Wait until everything noted so far is done.
  def settle
    done = Queue.new
    @queue << [:say_so, done]
    done.pop
  end

  def stop
    @worker.kill.join
  end

  private

  def work
    loop do
      job = @queue.pop
      begin
        send(*job)
      rescue Copper::Busy => e
        warn "billing: #{e.message}"
        @rest.call
        retry
      rescue StandardError => e
        # The next reconciliation tries again.
        warn "billing: #{e.message}"
      end
    end
  end

  def look_after(id)
    person = @copper.person(id)
    person ? @names[id] = person["name"] : @names.delete(id)
  end

  # A search omits deleted people and may be some seconds late, so those it lacks are fetched by id.
  def read_everyone
    missing = @names.keys
    @copper.each_person do |person|
      @names[person["id"]] = person["name"]
      missing.delete(person["id"])
    end
    missing.each { |id| look_after(id) }
  end

  def say_so(done)
    done << true
  end
end

# The endpoint for Copper; its subscriptions were given `{key: secret}`.
class Hook < WEBrick::HTTPServlet::AbstractServlet
  def do_POST(request, response)
    # The next notification may be minutes away, and no thread should wait for it.
    response.keep_alive = false
    billing, secret = @options
    notification = JSON.parse(request.body.to_s)
    key = notification.is_a?(Hash) ? notification["key"].to_s : ""
    return response.status = 401 unless OpenSSL.secure_compare(key, secret)

    billing.note(notification.fetch("ids"))
    response.status = 204
  rescue JSON::ParserError, KeyError
    response.status = 400
  end
end

def billing_server(billing, secret, port:)
  quiet = WEBrick::Log.new(File::NULL)
  options = { BindAddress: "127.0.0.1", Port: port, Logger: quiet, AccessLog: [], DoNotReverseLookup: true }
  server = WEBrick::HTTPServer.new(options)
  server.mount("/hooks/copper", Hook, billing, secret)
  server
end

if $PROGRAM_NAME == __FILE__
  copper = Copper.new(token: ENV.fetch("COPPER_TOKEN"), email: ENV.fetch("COPPER_EMAIL"))
  billing = Billing.new(copper)
  server = billing_server(billing, ENV.fetch("COPPER_SECRET"), port: Integer(ENV.fetch("PORT", "5000")))
  begin
    copper.subscribe(ENV.fetch("COPPER_TARGET"), ENV.fetch("COPPER_SECRET"))
    Thread.new { loop { billing.reconcile; sleep Billing::EVERY } }
    server.start
  rescue Interrupt
    # A server that has not started yet would forget a `shutdown` from a trap.
  end
end
