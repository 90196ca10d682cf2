/** What went wrong, for programs. The words for people are in `say`. */
export type ErrorCode =
  | 'bad-arguments'
  | 'bad-config'
  | 'bad-deck'
  | 'bad-kubeconfig'
  | 'bad-message'
  | 'bad-recording'
  | 'bad-state'
  | 'cluster-failed'
  | 'forbidden'
  | 'no-clusters-left'
  | 'not-found'
  | 'port-in-use'
  | 'terminal-busy'
  | 'tool-missing'
  | 'too-many'
  | 'unsupported'

/**
 * An expected failure. It says one thing to the person (`say`: what happened, why, what to do; no stack)
 * and keeps the cause for the log.
 */
export class UserError extends Error {
  readonly code: ErrorCode
  readonly say: string

  constructor(code: ErrorCode, say: string, cause?: unknown) {
    super(say, { cause })
    this.name = 'UserError'
    this.code = code
    this.say = say
  }
}

/** What to tell a person about any thrown value: an expected failure's own words, or a plain sentence. */
export function wordsFor(error: unknown): string {
  if (error instanceof UserError) return error.say
  return 'Something went wrong on our side. The server log says more.'
}
