import { parser } from '@prometheus-io/lezer-promql'

/** A `promql` block's queries: the whole of it when it is one expression, else one a line; `#` lines are comments. */
export function splitQueries(source: string): string[] {
  const lines = source.split('\n').filter((line) => !line.trim().startsWith('#'))
  const whole = lines.join('\n').trim()
  if (whole === '') return []
  if (isExpression(whole)) return [whole]
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

/** Whether Prometheus' own grammar takes `text` as one expression. */
export function isExpression(text: string): boolean {
  let wrong = false
  parser.parse(text).iterate({
    enter: (node) => {
      wrong ||= node.type.isError
      return !wrong
    },
  })
  return !wrong
}
