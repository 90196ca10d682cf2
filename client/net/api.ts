import type { z } from 'zod'
import { Problem } from '../../server/protocol/http-api.ts'

/** A request that did not work, in words for the person. */
export class RequestFailed extends Error {
  readonly code: string
  readonly say: string
  readonly status: number

  constructor(code: string, say: string, status: number, cause?: unknown) {
    super(say, { cause })
    this.name = 'RequestFailed'
    this.code = code
    this.say = say
    this.status = status
  }
}

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init })
  } catch (cause) {
    throw new RequestFailed('unreachable', 'The workshop does not answer. Check the network; this page tries again when you do.', 0, cause)
  }
  if (response.ok) return response
  const problem = Problem.safeParse(await response.json().catch(() => undefined))
  if (problem.success) throw new RequestFailed(problem.data.code, problem.data.say, response.status)
  throw new RequestFailed('failed', `The server answered ${response.status} and did not say why. Its log says more.`, response.status)
}

/** Fetches and checks; what has another shape than agreed is an error, never half a page. */
export async function getJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const response = await request(path, { headers: { accept: 'application/json' } })
  const parsed = schema.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) {
    const say = 'The server and this page do not understand each other: one of them is older. Reload the page.'
    throw new RequestFailed('bad-answer', say, response.status, parsed.error)
  }
  return parsed.data
}

export async function postJson(path: string, body: unknown): Promise<void> {
  await request(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

/** What to show for anything thrown. */
export function wordsOf(error: unknown): string {
  if (error instanceof RequestFailed) return error.say
  return 'Something went wrong on this page. Reload it; the browser console says more.'
}
