<?php
// php job.php subscribe | work | reconcile: when it is deployed, every minute, every night.
//
// Copper tells once and never again, so `reconcile` reads everyone. Only what was fetched is believed, so that late,
// repeated and reordered notifications come to the same. Whoever runs the jobs runs one at a time.

declare(strict_types=1);

require __DIR__ . '/copper.php';
require __DIR__ . '/people.php';

/** Fetch these; where that does not succeed, they stay noted. */
function fetch(array $ids, People $people, Copper $copper): void
{
    try {
        while ($ids !== []) {
            $people->keep($ids[0], $copper->person($ids[0]));
            array_shift($ids);
        }
    } finally {
        $people->note($ids);
    }
}

/** A search does not tell who was deleted, and may be some seconds late: whom it does not have is asked for. */
function reconcile(People $people, Copper $copper): void
{
    $missing = $people->all()['names'];
    foreach ($copper->people() as $person) {
        $people->keep($person['id'], $person);
        unset($missing[$person['id']]);
    }
    fetch(array_keys($missing), $people, $copper);
}

$copper = new Copper(getenv('COPPER_TOKEN'), getenv('COPPER_EMAIL'));
$people = new People(getenv('BILLING_FILE'));
try {
    match ($argv[1] ?? '') {
        'subscribe' => $copper->subscribe(getenv('COPPER_TARGET'), getenv('COPPER_SECRET')),
        'work' => fetch($people->takeNotes(), $people, $copper),
        'reconcile' => reconcile($people, $copper),
        default => throw new RuntimeException('say subscribe, work or reconcile'),
    };
} catch (RuntimeException $error) {
    fwrite(STDERR, "billing: {$error->getMessage()}\n");
    exit(1);
}
