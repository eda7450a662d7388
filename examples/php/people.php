<?php
// What billing knows about Copper's people: their names by id, and whom to fetch again. All in one file.

declare(strict_types=1);

final class People
{
    public function __construct(private string $path)
    {
    }

    public function all(): array
    {
        return $this->change(fn (array $known) => $known);
    }

    /** Note that something happened to these people. */
    public function note(array $ids): void
    {
        $this->change(fn (array $known) => ['noted' => array_merge($known['noted'], $ids)] + $known);
    }

    /** Take the notes: anything noted from now on is for the next time. */
    public function takeNotes(): array
    {
        $taken = [];
        $this->change(function (array $known) use (&$taken) {
            $taken = array_values(array_unique($known['noted']));
            return ['noted' => []] + $known;
        });
        return $taken;
    }

    /** Store a person as it is in Copper now, or forget one that is no longer there. */
    public function keep(int $id, ?array $person): void
    {
        $this->change(function (array $known) use ($id, $person) {
            unset($known['names'][$id]);
            if ($person !== null) {
                $known['names'][$id] = $person['name'];
            }
            return $known;
        });
    }

    /** Only one process at a time reads and writes. */
    private function change(callable $how): array
    {
        $file = fopen($this->path, 'c+');
        flock($file, LOCK_EX);
        $known = json_decode(stream_get_contents($file), true) ?? ['names' => [], 'noted' => []];
        $changed = $how($known);
        if ($changed !== $known) {
            ftruncate($file, 0);
            rewind($file);
            fwrite($file, json_encode($changed));
        }
        fclose($file);
        return $changed;
    }
}
