import { useEffect, useState } from 'preact/hooks'
import type { SessionStore } from '../classroom/session-store.ts'
import { RunMark } from '../slides/command-island.tsx'
import { duration, type Mark } from '../slides/run-mark.ts'
import type { OwnTerminals } from './own-terminals.ts'

/** Output often ends a moment after the shell has said so. */
const SETTLE_MILLIS = 250

/** How the last command went, and its last line: on a phone, slides and terminal are not seen together. */
export function LastResult({ store, terminals }: { store: SessionStore; terminals: OwnTerminals }) {
  const last = store.lastCommand(store.shown.value)
  const [line, setLine] = useState('')
  useEffect(() => {
    const read = (): void => setLine(terminals.lastLine.value())
    read()
    const timer = setTimeout(read, SETTLE_MILLIS)
    return () => clearTimeout(timer)
  }, [last?.exit, last?.millis, last?.terminal, terminals])
  if (!last) return null
  return (
    <div class="last-result" role="status">
      <RunMark mark={lastMark(last)} />
      <code>{line}</code>
    </div>
  )
}

function lastMark({ exit, millis }: { exit: number | undefined; millis: number }): Mark {
  if (exit === undefined) return { kind: 'running', words: 'Running' }
  return exit === 0 ? { kind: 'done', words: `Done ${duration(millis)}` } : { kind: 'failed', words: `Failed, exit ${exit}` }
}
