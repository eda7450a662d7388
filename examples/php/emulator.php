<?php
// Plays Copper in the tests: an account of copper-emulator, through its control API.

declare(strict_types=1);

final class Account
{
    public readonly string $token;
    private readonly string $path;

    /** A new account with frozen time: what a call makes due has been delivered when it returns. */
    public function __construct(array $settings = [])
    {
        $made = self::control('POST', '/accounts', ['settings' => (object) $settings]);
        $this->token = $made['token'];
        $this->path = "/accounts/{$made['name']}";
        $this->post('/clock/freeze');
    }

    public function post(string $path, array $body = []): array
    {
        return self::control('POST', $this->path . $path, $body);
    }

    /** Create people with these names; return their ids. */
    public function create(string ...$names): array
    {
        $rows = array_map(fn (string $name) => ['name' => $name], $names);
        return array_column($this->post('/records/people/create', ['rows' => $rows])['records'], 'id');
    }

    /** Everyone's name by id, as in Copper. */
    public function people(): array
    {
        $found = $this->post('/records/people/search', ['filters' => ['page_size' => 200]])['records'];
        return array_column($found, 'name', 'id');
    }

    /** A delivery that matches, or an error that says which came closest and why it did not match. */
    public function expect(string $event, array $ids, array $more = []): void
    {
        $this->post('/wait', ['type' => 'person', 'event' => $event, 'ids' => $ids, 'timeout' => '1s'] + $more);
    }

    public function close(): void
    {
        self::control('DELETE', $this->path, []);
    }

    private static function control(string $method, string $path, array $body): array
    {
        $curl = curl_init((getenv('COPPER_EMULATOR_URL') ?: 'http://127.0.0.1:2929') . "/_emulator/v1$path");
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
            CURLOPT_POSTFIELDS => json_encode((object) $body),
        ]);
        $answer = json_decode((string) curl_exec($curl), true);
        if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) >= 400 || $answer === null) {
            // A refusal says what is wrong, and what would help.
            throw new RuntimeException(($answer['error'] ?? curl_error($curl)) . "\n" . ($answer['hint'] ?? ''));
        }
        return $answer;
    }
}
