<?php
/*
 * A job: removes the files of a folder that are older than so many days. tidy.php FOLDER DAYS. Needs Nsup.php beside it.
 * Exit code 0: done; 1: not all could be removed, or it was asked to stop before the end; 2: called in a wrong way.
 */
declare(strict_types=1);

require __DIR__ . '/Nsup.php';

[, $folder, $days] = [...$argv, '', ''];
if ($folder === '' || !ctype_digit($days)) {
    fwrite(STDERR, "tidy.php FOLDER DAYS\n");
    exit(2);
}
$stopping = false;
pcntl_async_signals(true);
foreach ([SIGTERM, SIGINT, SIGQUIT] as $signal) {
    pcntl_signal($signal, function () use (&$stopping): void {
        $stopping = true;
    });
}

$removed = $failed = 0;
foreach (is_dir($folder) ? scandir($folder) : [] as $name) { // no folder, nothing to tidy
    $path = "$folder/$name";
    if (!is_file($path) || filemtime($path) >= time() - (int) $days * 86400) {
        continue;
    }
    if ($stopping) {
        break;
    }
    if (@unlink($path)) {
        $removed++;
    } else {
        fwrite(STDERR, "cannot remove $path: " . (error_get_last()['message'] ?? '') . "\n");
        $failed++;
    }
}
try {
    $all = (new Nsup())->table('counters', 'incr', ['key' => 'removed', 'by' => $removed]);
    echo "removed $removed files, $all since the table is there\n";
} catch (Refused $problem) {
    fwrite(STDERR, "removed $removed files, and could not count them: {$problem->getMessage()}\n");
}
exit($stopping || $failed > 0 ? 1 : 0);
