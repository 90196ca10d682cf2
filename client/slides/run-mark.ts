import type { RunState } from '../../server/protocol/session-state.ts'

export interface Mark {
  readonly kind: 'running' | 'done' | 'failed' | 'follows' | 'edits' | 'stopped'
  readonly words: string
}

/** How a block's last run went, in words: never colour alone. */
export function markOf(run: RunState | undefined, commands: number): Mark | undefined {
  if (!run) return undefined
  if (run.state === 'running') return { kind: 'running', words: commands > 1 ? `Running ${run.index + 1} of ${commands}` : 'Running' }
  switch (run.outcome) {
    case 'done':
      return { kind: 'done', words: `Done ${duration(run.millis)}` }
    case 'failed':
      return { kind: 'failed', words: `Failed, exit ${run.exit}` }
    case 'follows':
      return { kind: 'follows', words: 'Follows: press Ctrl-C to stop' }
    case 'edits':
      return { kind: 'edits', words: 'Editing: save and quit to go on' }
    case 'stopped':
      return { kind: 'stopped', words: 'Stopped' }
  }
}

/** A time that people read at a glance. */
export function duration(millis: number): string {
  if (millis < 9950) return `${(millis / 1000).toFixed(1)} s`
  if (millis < 60_000) return `${Math.round(millis / 1000)} s`
  return `${Math.floor(millis / 60_000)} min ${Math.round((millis % 60_000) / 1000)} s`
}
