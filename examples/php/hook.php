<?php
// The endpoint for Copper. It fetches nothing, because Copper waits only so long, and sends only once.

declare(strict_types=1);

require __DIR__ . '/people.php';

$notification = json_decode(file_get_contents('php://input'), true);
if (!is_array($notification['ids'] ?? null)) {
    http_response_code(400);
} elseif (!hash_equals(getenv('COPPER_SECRET'), (string) ($notification['key'] ?? ''))) {
    http_response_code(401);
} else {
    (new People(getenv('BILLING_FILE')))->note($notification['ids']);
    http_response_code(204);
}
