# The tests of billing. Under `copper-emulator exec`, calls to api.copper.com go to the emulator.

require "minitest/autorun"
require "timeout"
require_relative "billing"
require_relative "emulator"

class TestBilling < Minitest::Test
  ORIGIN = "https://billing.example.com"
  TARGET = "#{ORIGIN}/hooks/copper"

  def setup
    @rests = Queue.new
    @goes_on = Queue.new
    @copper = Account.new
    @client = Copper.new(token: @copper.token, email: "ada@example.com")
    # Instead of sleeping, billing reports that it is resting, and waits to be told to go on.
    @billing = Billing.new(@client, rest: -> { @rests << true; @goes_on.pop })
    @server = billing_server(@billing, "s3cret", port: 0)
    @thread = Thread.new { @server.start }
    @copper.post("/routes", origin: ORIGIN, to: "http://127.0.0.1:#{@server.config[:Port]}")
    @client.subscribe(TARGET, "s3cret")
  end

  def teardown
    @server.shutdown
    @thread.join
    @billing.stop
    @client.close
    @copper.close
  end

  # What billing knows, once it has nothing left to do.
  def knows
    @billing.settle
    @billing.names
  end

  def test_a_person_is_known_and_followed_until_she_is_deleted
    ada, = @copper.create("Ada")
    assert_equal({ ada => "Ada" }, knows)

    @copper.update([ada], name: "Ada Lovelace")
    @copper.expect("update", [ada], status: 204)
    assert_equal({ ada => "Ada Lovelace" }, knows)

    @copper.delete([ada])
    assert_empty knows
  end

  def test_a_burst_of_thirty_is_one_notification
    ids = @copper.create(*(1..30).map { |n| "Person #{n}" })

    @copper.expect("new", ids, count: 1)
    assert_equal @copper.people, knows
  end

  def test_late_and_out_of_order_comes_to_the_same
    @copper.post("/faults", on: ["latency=0-15m", "shuffle"])
    ada, = @copper.create("Ada")
    ["Ada B.", "Ada L.", "Ada Lovelace"].each { |name| @copper.update([ada], name: name) }
    assert_empty knows

    @copper.post("/clock/advance", by: "15m")

    assert_equal({ ada => "Ada Lovelace" }, knows)
  end

  def test_what_was_lost_is_found_by_reconciling
    ada, bob = @copper.create("Ada", "Bob")
    assert_equal 2, knows.size
    @copper.post("/faults", on: ["lose=100%"])
    @copper.update([ada], name: "Ada Lovelace")
    @copper.delete([bob])
    @copper.create("Eve")
    assert_equal({ ada => "Ada", bob => "Bob" }, knows)

    @billing.reconcile

    assert_equal @copper.people, knows
  end

  def test_a_forged_notification_is_refused
    @copper.post("/replay", body: { type: "person", event: "delete", ids: [17], key: "guessed" }, target: TARGET)

    @copper.expect("delete", [17], status: 401)
  end

  def test_where_copper_is_too_busy_the_worker_rests_and_goes_on
    @copper.post("/settings", api_limits: "10/1m")
    @copper.create(*(1..12).map { |n| "Person #{n}" })
    Timeout.timeout(10) { @rests.pop }
    assert_operator @billing.names.size, :<=, 10

    @copper.post("/clock/advance", by: "1m")
    @goes_on << true

    assert_equal @copper.people, knows
  end
end
