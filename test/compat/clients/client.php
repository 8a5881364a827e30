<?php
/*
 * PHP: the xmlrpc extension over PHP's own http streams; over a unix socket with HTTP/1.0 by hand.
 * usage: client.php URL USER PASSWORD; reads [[method, argument...], ...] in JSON, writes the answers in JSON.
 */
declare(strict_types=1);

[, $url, $user, $password] = $argv;

/** The status and the body of the answer. */
function post(string $url, string $authorization, string $request): array
{
    if (!str_starts_with($url, 'unix://')) {
        $context = stream_context_create(['http' => [
            'method' => 'POST',
            'header' => ['Content-Type: text/xml', "Authorization: $authorization"],
            'content' => $request,
            'ignore_errors' => true,
        ]]);
        $body = file_get_contents("$url/RPC2", false, $context);
        return [(int) explode(' ', $http_response_header[0])[1], $body];
    }
    $socket = stream_socket_client($url);
    $head = ['POST /RPC2 HTTP/1.0', 'Content-Type: text/xml', 'Content-Length: ' . strlen($request), "Authorization: $authorization"];
    fwrite($socket, implode("\r\n", $head) . "\r\n\r\n" . $request);
    [$head, $body] = explode("\r\n\r\n", stream_get_contents($socket), 2);
    return [(int) explode(' ', $head)[1], $body];
}

$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $call) {
    $request = xmlrpc_encode_request(array_shift($call), $call, ['encoding' => 'utf-8', 'escaping' => 'markup']);
    [$status, $body] = post($url, 'Basic ' . base64_encode("$user:$password"), $request);
    $value = $status === 200 ? xmlrpc_decode($body, 'utf-8') : null;
    if ($status !== 200) {
        $answers[] = ['http' => $status];
    } elseif (is_array($value) && xmlrpc_is_fault($value)) {
        $answers[] = ['fault' => [$value['faultCode'], $value['faultString']]];
    } else {
        $answers[] = ['value' => $value];
    }
}
echo json_encode($answers, JSON_THROW_ON_ERROR);
