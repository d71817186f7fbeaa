// Prints "N passed, N failed" from Vitest's JSON report, and fails when a test failed or none ran.
// Plain JavaScript, because it runs on the machine's own Node version.
import { readFileSync } from 'node:fs'

const text = readFileSync(process.argv[2], 'utf8')
const report = text === '' ? { numPassedTests: 0, numFailedTests: 0, testResults: [] } : JSON.parse(text)
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
)
const failed = report.numFailedTests + brokenFiles.length
process.stdout.write(`${report.numPassedTests} passed, ${failed} failed\n`)
process.exitCode = failed > 0 || report.numPassedTests === 0 ? 1 : 0
