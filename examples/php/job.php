<?php
// php job.php subscribe | work | reconcile: on deployment, every minute, every night.
//
// Copper sends each notification only once, so `reconcile` reads everyone. Only fetched records are trusted, so that late,
// repeated and reordered notifications lead to the same result. The jobs must be run one at a time.

declare(strict_types=1);

require __DIR__ . '/copper.php';
require __DIR__ . '/people.php';

/** Fetch these people; those that could not be fetched stay noted. */
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

/** Read everyone. A search omits deleted people and may be some seconds late, so those it lacks are fetched by id. */
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
