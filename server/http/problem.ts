import { UserError, wordsFor, type ErrorCode } from '../kernel/user-error.ts'
import type { Problem } from '../protocol/http-api.ts'

/** An answer that says what went wrong, in words for the person. */
export function problem(status: number, code: string, say: string): Response {
  const body: Problem = { code, say }
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  })
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  forbidden: 403,
  'not-found': 404,
  'too-many': 429,
  'bad-message': 400,
  'bad-arguments': 400,
}

/** The answer to a request whose handler threw. */
export function problemOf(error: unknown): Response {
  if (error instanceof UserError) return problem(STATUS[error.code] ?? 500, error.code, error.say)
  return problem(500, 'failed', wordsFor(error))
}
