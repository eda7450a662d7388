<?php
// The tests of billing. Under `copper-emulator exec`, calls to api.copper.com go to the emulator.

declare(strict_types=1);

require __DIR__ . '/emulator.php';
require __DIR__ . '/people.php';

const ORIGIN = 'https://billing.example.com';
const TARGET = ORIGIN . '/hooks/copper';

/** billing, run as in production: a web server, and jobs beside it. */
final class Billing
{
    private string $file;
    private array $environment;
    private $server;
    private array $pipes = [];

    public function __construct(Account $copper)
    {
        $this->file = tempnam(sys_get_temp_dir(), 'billing');
        $this->environment = getenv();
        $this->environment['BILLING_FILE'] = $this->file;
        $this->environment['COPPER_TOKEN'] = $copper->token;
        $this->environment['COPPER_EMAIL'] = 'ada@example.com';
        $this->environment['COPPER_TARGET'] = TARGET;
        $this->environment['COPPER_SECRET'] = 's3cret';
        $command = [PHP_BINARY, '-S', '127.0.0.1:0', __DIR__ . '/hook.php'];
        $this->server = proc_open($command, [2 => ['pipe', 'w']], $this->pipes, null, $this->environment);
        // Its first line says which port it listens on.
        preg_match('~http://[\d.:]+~', fgets($this->pipes[2]), $url);
        $copper->post('/routes', ['origin' => ORIGIN, 'to' => $url[0]]);
        $this->job('subscribe');
    }

    /** Run a job; return its exit code. */
    public function job(string $name): int
    {
        $quiet = [2 => ['file', '/dev/null', 'w']];
        return proc_close(proc_open([PHP_BINARY, __DIR__ . '/job.php', $name], $quiet, $_, null, $this->environment));
    }

    public function knows(): array
    {
        return (new People($this->file))->all()['names'];
    }

    public function end(): void
    {
        proc_terminate($this->server);
        fclose($this->pipes[2]);
        proc_close($this->server);
        unlink($this->file);
    }
}

function same(mixed $expected, mixed $actual): void
{
    if ($expected != $actual) {
        throw new RuntimeException('expected ' . json_encode($expected) . ', but it is ' . json_encode($actual));
    }
}

$tests = [
    'a person is known and followed until she is deleted' => function (Account $copper, Billing $billing) {
        [$ada] = $copper->create('Ada');
        $billing->job('work');
        same([$ada => 'Ada'], $billing->knows());

        $copper->post('/records/people/update', ['ids' => [$ada], 'fields' => ['name' => 'Ada Lovelace']]);
        $copper->expect('update', [$ada], ['status' => 204]);
        $billing->job('work');
        same([$ada => 'Ada Lovelace'], $billing->knows());

        $copper->post('/records/people/delete', ['ids' => [$ada]]);
        $billing->job('work');
        same([], $billing->knows());
    },
    'a burst of thirty is one notification' => function (Account $copper, Billing $billing) {
        $ids = $copper->create(...array_map(fn (int $n) => "Person $n", range(1, 30)));
        $copper->expect('new', $ids, ['count' => 1]);
        $billing->job('work');
        same($copper->people(), $billing->knows());
    },
    'late and out of order comes to the same' => function (Account $copper, Billing $billing) {
        $copper->post('/faults', ['on' => ['latency=0-15m', 'shuffle']]);
        [$ada] = $copper->create('Ada');
        foreach (['Ada B.', 'Ada L.', 'Ada Lovelace'] as $name) {
            $copper->post('/records/people/update', ['ids' => [$ada], 'fields' => ['name' => $name]]);
        }
        $copper->post('/clock/advance', ['by' => '15m']);
        $billing->job('work');
        same([$ada => 'Ada Lovelace'], $billing->knows());
    },
    'what was lost is found by reconciling' => function (Account $copper, Billing $billing) {
        [$ada, $bob] = $copper->create('Ada', 'Bob');
        $billing->job('work');
        $copper->post('/faults', ['on' => ['lose=100%']]);
        $copper->post('/records/people/update', ['ids' => [$ada], 'fields' => ['name' => 'Ada Lovelace']]);
        $copper->post('/records/people/delete', ['ids' => [$bob]]);
        $copper->create('Eve');
        $billing->job('work');
        same([$ada => 'Ada', $bob => 'Bob'], $billing->knows());

        $billing->job('reconcile');
        same($copper->people(), $billing->knows());
    },
    'a forged notification is refused' => function (Account $copper, Billing $billing) {
        $forged = ['type' => 'person', 'event' => 'delete', 'ids' => [17], 'key' => 'guessed'];
        $copper->post('/replay', ['body' => $forged, 'target' => TARGET]);
        $copper->expect('delete', [17], ['status' => 401]);
    },
    'where Copper is too busy the rest is fetched the next time' => function (Account $copper, Billing $billing) {
        $copper->post('/settings', ['api_limits' => '10/1m']);
        $copper->create(...array_map(fn (int $n) => "Person $n", range(1, 12)));
        same(1, $billing->job('work'));

        $copper->post('/clock/advance', ['by' => '1m']);
        same(0, $billing->job('work'));
        same($copper->people(), $billing->knows());
    },
];

$failed = 0;
foreach ($tests as $name => $test) {
    $copper = new Account();
    $billing = new Billing($copper);
    try {
        $test($copper, $billing);
        echo "ok   $name\n";
    } catch (RuntimeException $error) {
        $failed++;
        echo "FAIL $name: {$error->getMessage()}\n";
    } finally {
        $billing->end();
        $copper->close();
    }
}
exit($failed === 0 ? 0 : 1);
