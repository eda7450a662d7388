<?php
// Requests the account from Copper with PHP's two clients, and prints their answers.
$url = 'https://api.copper.com/developer_api/v1/account';
$headers = ['X-PW-AccessToken: t', 'X-PW-Application: developer_api', 'X-PW-UserEmail: ada@example.com'];

$curl = curl_init($url);
curl_setopt_array($curl, [CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true]);
$answer = curl_exec($curl);

// Streams do not use a proxy by themselves.
$proxy = str_replace('http://', 'tcp://', getenv('HTTPS_PROXY'));
$context = stream_context_create(['http' => ['header' => $headers, 'proxy' => $proxy]]);
$read = file_get_contents($url, false, $context);

echo json_encode(['curl' => json_decode($answer)->name, 'stream' => json_decode($read)->name]), "\n";
