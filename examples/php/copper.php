<?php
// The few calls of Copper's Developer API that billing needs, with PHP's curl.

declare(strict_types=1);

/** Copper accepts no more calls for now (429): try again later. */
final class Busy extends RuntimeException
{
}

final class Copper
{
    private const API = 'https://api.copper.com/developer_api/v1';
    /** The most records that a search of Copper's returns at once. */
    private const PAGE = 200;

    private CurlHandle $curl;

    public function __construct(private string $token, private string $email)
    {
        $this->curl = curl_init();
    }

    /** One person, or null if there is none with this id. */
    public function person(int $id): ?array
    {
        return $this->call('GET', "/people/$id", orNull: true);
    }

    /** Everyone, oldest first: any created during the reading are appended, and shift no others. */
    public function people(): Generator
    {
        for ($number = 1; ; $number++) {
            $body = ['page_size' => self::PAGE, 'page_number' => $number, 'sort_by' => 'date_created'];
            $page = $this->call('POST', '/people/search', $body);
            yield from $page;
            if (count($page) < self::PAGE) {
                return;
            }
        }
    }

    /** Subscribe $target to all events of people, except those to which it is subscribed already. */
    public function subscribe(string $target, string $secret): void
    {
        $there = array_map(
            fn (array $each) => [$each['type'], $each['event'], $each['target']],
            $this->call('GET', '/webhooks')
        );
        foreach (['new', 'update', 'delete'] as $event) {
            if (!in_array(['person', $event, $target], $there)) {
                $body = ['target' => $target, 'type' => 'person', 'event' => $event, 'secret' => ['key' => $secret]];
                $this->call('POST', '/webhooks', $body);
            }
        }
    }

    private function call(string $method, string $path, ?array $body = null, bool $orNull = false): ?array
    {
        curl_reset($this->curl);
        curl_setopt_array($this->curl, [
            CURLOPT_URL => self::API . $path,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 10,
            CURLOPT_HTTPHEADER => [
                'Content-Type: application/json',
                "X-PW-AccessToken: $this->token",
                'X-PW-Application: developer_api',
                "X-PW-UserEmail: $this->email",
            ],
        ]);
        if ($body !== null) {
            curl_setopt($this->curl, CURLOPT_POSTFIELDS, json_encode($body));
        }
        $answer = curl_exec($this->curl);
        $status = curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE);
        return match (true) {
            $orNull && $status === 404 => null,
            $status === 429 => throw new Busy('Copper takes no more calls for now'),
            $status === 200 => json_decode($answer, true, flags: JSON_THROW_ON_ERROR),
            default => throw new RuntimeException("$method $path: $status $answer" . curl_error($this->curl)),
        };
    }
}
