/** One thing that was tried, as `--json` writes it. */
export interface StepResult {
  readonly slide: string
  /** In the deck's file, from 1. */
  readonly line: number
  readonly kind: 'command' | 'check' | 'chart' | 'link' | 'image'
  /** The command, the check's title, the query, or the address. */
  readonly command: string
  /** Of a command that ended. */
  readonly exit?: number
  readonly ms: number
  readonly output: string
  readonly expected: string
  readonly ok: boolean
}

/** How much of an output is worth showing. */
const shownLines = 12

/** The step in one line; what went wrong, and what was expected, below it. */
export function stepText(step: StepResult): string {
  const { slide, line, command, ms, ok } = step
  const [first = '', ...rest] = command.split('\n')
  const head = `${ok ? '✓' : '✗'} ${slide}:${line}  ${first}${rest.length > 0 ? ' …' : ''}  (${seconds(ms)})`
  if (ok) return head
  const said = step.output.trimEnd().split('\n').slice(-shownLines)
  const exit = step.exit === undefined ? [] : [`    exit status ${step.exit}`]
  return [head, `    expected: ${step.expected}`, ...exit, ...said.map((each) => `    | ${each}`)].join('\n')
}

/** What it all came to. */
export function summaryText(steps: readonly StepResult[], millis: number): string {
  const broken = steps.filter(({ ok }) => !ok)
  const slides = new Set(steps.map(({ slide }) => slide)).size
  const head = `${steps.length} steps on ${slides} slides in ${seconds(millis)}: ${broken.length === 0 ? 'all as expected' : `${broken.length} broken`}`
  return [head, ...broken.map(({ slide, line, command }) => `  ✗ ${slide}:${line}  ${command.split('\n')[0] ?? ''}`)].join('\n')
}

/** For build servers: a suite for each slide. Source: https://github.com/testmoapp/junitxml */
export function junitOf(steps: readonly StepResult[]): string {
  const suites = Map.groupBy(steps, ({ slide }) => slide)
  const body = [...suites].map(([slide, cases]) => {
    const failed = cases.filter(({ ok }) => !ok).length
    const inside = cases.map((step) => {
      const head = `    <testcase classname="${xml(slide)}" name="${xml(`${step.line}: ${step.command}`)}" time="${step.ms / 1000}"`
      if (step.ok) return `${head}/>`
      return `${head}>\n      <failure message="${xml(`expected: ${step.expected}`)}">${xml(step.output)}</failure>\n    </testcase>`
    })
    return `  <testsuite name="${xml(slide)}" tests="${cases.length}" failures="${failed}">\n${inside.join('\n')}\n  </testsuite>`
  })
  const failures = steps.filter(({ ok }) => !ok).length
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="${steps.length}" failures="${failures}">\n${body.join('\n')}\n</testsuites>\n`
}

/** Without the characters that XML 1.0 cannot hold. */
function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`
}
