import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { sorted } from './refusals.ts'
import type { Ask, RawAnswer } from './client.ts'
import type { Compared } from './refusals.ts'
import type { Difference } from './scenario.ts'

const Request = z.object({
  name: z.string(),
  method: z.string().optional(),
  path: z.string(),
  as: z.enum(['anonymous', 'nobody']).optional(),
  accept: z.string().optional(),
  type: z.string().optional(),
  body: z.unknown().optional(),
  raw: z.string().optional(),
  wait: z.number().optional(),
  lines: z.number().optional(),
  pick: z.array(z.string()).optional(),
})
type Request = z.infer<typeof Request>

const Golden = z.record(z.string(), z.unknown())
let namespaces = 0

/** Sends raw requests in a namespace of their own, in order, and compares the answers with the real server's. */
export async function compareRequests(ask: Ask, file: string, golden: string): Promise<Compared> {
  const requests = z.array(Request).parse(JSON.parse(readFileSync(file, 'utf8')))
  const recorded = Golden.parse(JSON.parse(readFileSync(golden, 'utf8')))
  const namespace = `r${(Date.now().toString(36).slice(-5) + String(namespaces++)).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`
  await send(ask, { name: '', method: 'POST', path: '/api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } }, namespace)
  for (let tries = 0; tries < 100; tries++) {
    if ((await ask({ path: `/api/v1/namespaces/${namespace}/serviceaccounts/default` })).status === 200) break
  }
  const differences: Difference[] = []
  for (const [step, request] of requests.entries()) {
    const real = JSON.stringify(sorted(recorded[request.name]))
    const here = JSON.stringify(sorted(shape(await send(ask, request, namespace), request, namespace)))
    if (real !== here) differences.push({ scenario: 'requests', step, command: request.name, real, here })
  }
  await ask({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` })
  return { total: requests.length, differences }
}

function send(ask: Ask, { method, path, as, accept, type, body, raw, wait }: Request, namespace: string): Promise<RawAnswer> {
  const text = (raw ?? (body === undefined ? undefined : JSON.stringify(body)))?.replaceAll('{ns}', namespace)
  const headers = { Accept: accept ?? 'application/json', ...(text !== undefined && { 'Content-Type': type ?? 'application/json' }) }
  return ask({ ...(method !== undefined && { method }), path: path.replaceAll('{ns}', namespace), headers, ...(text !== undefined && { body: text }), as, wait })
}

function shape(answer: RawAnswer, { pick, lines }: Request, namespace: string): unknown {
  const tidy = (text: string): unknown => {
    try {
      return settled(JSON.parse(text), namespace)
    } catch {
      return settled(text.slice(0, 400), namespace)
    }
  }
  const body = lines ? answer.text.split('\n').filter(Boolean).slice(0, lines).map(tidy) : tidy(answer.text)
  const fields = new Map(typeof body === 'object' && body !== null ? Object.entries(body) : [])
  const picked = pick && fields.size > 0 ? Object.fromEntries(pick.filter((key) => fields.has(key)).map((key) => [key, fields.get(key)])) : body
  return { status: answer.status, type: answer.type?.replaceAll(/\s/g, ''), ...(answer.warning !== undefined && { warning: answer.warning }), body: picked }
}

/** What may differ between two correct servers is masked. */
function settled(value: unknown, namespace: string, key?: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => settled(item, namespace))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== 'managedFields')
        .map(([name, field]) => [name, settled(field, namespace, name)]),
    )
  }
  if (typeof value !== 'string') return value
  if (key === 'resourceVersion' && value !== '') return '<rv>'
  if (key === 'continue') return '<continue>'
  return value
    .replaceAll(namespace, '{ns}')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<ts>')
    .replaceAll(/\b(\d+[smh])+\b/g, '<age>')
    .replaceAll(/\b\d{4,}\b/g, '<n>')
    .replace(/^made-[a-z0-9]{5}$/, 'made-<rand>')
}
