<?php
// What billing knows of Copper's people: their names by id, and who is noted, to be fetched anew. In one file.

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

    /** Something happened to these. */
    public function note(array $ids): void
    {
        $this->change(fn (array $known) => ['noted' => array_merge($known['noted'], $ids)] + $known);
    }

    /** Take the notes: what is noted from now on is for the next time. */
    public function takeNotes(): array
    {
        $taken = [];
        $this->change(function (array $known) use (&$taken) {
            $taken = array_values(array_unique($known['noted']));
            return ['noted' => []] + $known;
        });
        return $taken;
    }

    /** Write a person as Copper has it now; one that Copper has no more is forgotten. */
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

    /** One process at a time reads and writes. */
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
