// Prints the failed tests of a report of vitest, and those that passed at a second try: `node scripts/failures.mjs REPORT.json`.
// Nothing where all passed at once.
import { readFileSync } from 'node:fs'

const LINES_OF_A_FAILURE = 12

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
for (const file of report.testResults) {
  const failed = file.assertionResults.filter((result) => result.status === 'failed')
  if (failed.length === 0 && file.status === 'failed') print(file.name, file.message ?? '')
  for (const result of failed) print(`${file.name}: ${result.fullName}`, result.failureMessages.join('\n'))
  const again = file.assertionResults.filter((result) => result.status === 'passed' && result.failureMessages.length > 0)
  for (const result of again) print(`${file.name}: ${result.fullName}`, result.failureMessages.join('\n'), 'PASSED AT A SECOND TRY')
}

function print(title, message, how = 'FAILED') {
  const lines = message.split('\n')
  console.log(`\n${how}: ${title}`)
  for (const line of lines.slice(0, LINES_OF_A_FAILURE)) console.log(`  ${line}`)
}
