/** One thing that was tried, as `--json` writes it. */
export interface StepResult {
  readonly slide: string
  /** In the deck's file, from 1. */
  readonly line: number
  /** `deck`: a block that is not written as it should be, and so is not what was meant. */
  readonly kind: 'command' | 'check' | 'chart' | 'link' | 'image' | 'deck'
  /** The command, the check's title, the query, or the address. */
  readonly command: string
  /** Of a command that ended. */
  readonly exit?: number
  readonly ms: number
  readonly output: string
  readonly expected: string
  readonly ok: boolean
  /** It was not looked at, and counts neither way. */
  readonly checked?: false
}

/** How much of an output is worth showing. */
const shownLines = 12
const shownColumns = 300
/** UTF-16 code units of an output that a build server is given, its last. */
const reportedOutput = 20_000

/** The step in one line; what went wrong, and what was expected, below it. */
export function stepText(step: StepResult): string {
  const { slide, line, command, ms, ok } = step
  const [first = '', ...rest] = command.split('\n')
  const took = step.checked === false ? 'not checked' : seconds(ms)
  const mark = step.checked === false ? '–' : ok ? '✓' : '✗'
  const head = `${mark} ${slide}:${line}  ${shortened(first)}${rest.length > 0 ? ' …' : ''}  (${took})`
  if (ok) return head
  const said = step.output.trimEnd().split('\n').slice(-shownLines)
  const exit = step.exit === undefined ? [] : [`    exit status ${step.exit}`]
  return [head, `    expected: ${step.expected}`, ...exit, ...said.map((each) => `    | ${shortened(each)}`)].join('\n')
}

/** What it all came to. */
export function summaryText(steps: readonly StepResult[], millis: number): string {
  const broken = steps.filter(({ ok }) => !ok)
  const slides = new Set(steps.map(({ slide }) => slide)).size
  const unchecked = steps.filter(({ checked }) => checked === false).length
  const left = unchecked === 0 ? '' : `; ${unchecked} of other servers not checked (--online does)`
  const result = broken.length === 0 ? 'all as expected' : `${broken.length} broken`
  const head = `${count(steps.length, 'step')} on ${count(slides, 'slide')} in ${seconds(millis)}: ${result}${left}`
  return [head, ...broken.map(({ slide, line, command }) => `  ✗ ${slide}:${line}  ${shortened(command.split('\n')[0] ?? '')}`)].join('\n')
}

/** For build servers: a suite for each slide. Source: https://github.com/testmoapp/junitxml */
export function junitOf(steps: readonly StepResult[]): string {
  const suites = Map.groupBy(steps, ({ slide }) => slide)
  const body = [...suites].map(([slide, cases]) => {
    const failed = cases.filter(({ ok }) => !ok).length
    const inside = cases.map((step) => {
      const head = `    <testcase classname="${xml(slide)}" name="${xml(`${step.line}: ${step.command}`)}" time="${step.ms / 1000}"`
      if (step.checked === false) return `${head}>\n      <skipped/>\n    </testcase>`
      if (step.ok) return `${head}/>`
      return `${head}>\n      <failure message="${xml(`expected: ${step.expected}`)}">${xml(step.output.slice(-reportedOutput))}</failure>\n    </testcase>`
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

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function shortened(text: string): string {
  return text.length > shownColumns ? `${text.slice(0, shownColumns)}…` : text
}
