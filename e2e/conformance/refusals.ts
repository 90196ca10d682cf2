import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Ask } from './client.ts'
import type { Difference } from './scenario.ts'

const Case = z.object({ kind: z.string(), path: z.string(), set: z.string(), to: z.unknown(), body: z.unknown(), answer: z.unknown() })

const Answer = z.looseObject({
  kind: z.string().optional(),
  status: z.unknown().optional(),
  code: z.unknown().optional(),
  reason: z.unknown().optional(),
  message: z.unknown().optional(),
  details: z.unknown().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

export interface Compared {
  readonly total: number
  readonly differences: readonly Difference[]
}

/** Sends every object of a file of refusals and defaults, and compares the answers with the real server's. */
export async function compareObjects(ask: Ask, file: string): Promise<Compared> {
  const cases = z.array(Case).parse(JSON.parse(readFileSync(file, 'utf8')))
  const differences: Difference[] = []
  for (const [step, { kind, path, set, to, body, answer }] of cases.entries()) {
    const sent = JSON.stringify(body)
    const { text } = await ask({ method: 'POST', path, headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: sent })
    const [real, here] = [masked(answer), masked(outcome(text))]
    if (real !== here) differences.push({ scenario: 'objects', step, command: `${kind} ${set} = ${JSON.stringify(to)}`, real, here })
  }
  return { total: cases.length, differences }
}

function outcome(text: string): unknown {
  const { kind, status, code, reason, message, details, ...rest } = Answer.parse(JSON.parse(text))
  if (kind === 'Status' && status !== 'Success') return { code, reason, message, details }
  const metadata = Object.fromEntries(Object.entries(rest.metadata ?? {}).filter(([key]) => !['uid', 'creationTimestamp', 'managedFields', 'resourceVersion'].includes(key)))
  const whole = { ...rest, kind, status, code, reason, message, details, metadata }
  return { accepted: Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) }
}

/** What may differ between two correct servers. */
function masked(value: unknown): string {
  return JSON.stringify(sorted(value))
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<rand>')
    .replaceAll(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '<ip>')
    .replaceAll(/"nodePort":\d+/g, '"nodePort":<port>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<ts>')
    .replaceAll(/\{"configMap":\{[^{}]*\[[^\]]*\],"name":"openshift[^{}]*\}\},?/g, '')
    .replaceAll(',]', ']')
}

export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)]),
  )
}
