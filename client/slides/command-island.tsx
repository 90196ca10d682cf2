import { useState } from 'preact/hooks'
import type { FileBlock } from '../../server/protocol/blocks.ts'
import type { CommandBlock } from '../../server/protocol/deck.ts'
import type { RunState } from '../../server/protocol/session-state.ts'
import { copyText } from '../ui/clipboard.ts'
import { Icon } from '../ui/icons.tsx'
import { tell } from '../ui/toasts.tsx'
import { markOf, type Mark } from './run-mark.ts'

interface Commands {
  readonly block: CommandBlock | FileBlock
  /** Read inside rendering, so that the block follows the session. */
  readonly run: () => RunState | undefined
  /** Why it cannot run now; undefined when it can. */
  readonly whyNot: () => string | undefined
  /** Whether this page may run and copy at all; a stage only shows. */
  readonly acts: boolean
  readonly onRun: () => void
  readonly onStop: () => void
}

/** What stands at the right of a command block: run, copy, and how the last run went. */
export function CommandIsland({ block, run, whyNot, acts, onRun, onStop }: Commands) {
  const state = run()
  const why = whyNot()
  const mark = markOf(state, block.kind === 'command' ? block.commands.length : 1)
  if (!acts)
    return mark ? (
      <div class="command-actions">
        <RunMark mark={mark} />
      </div>
    ) : null
  const running = state?.state === 'running'
  return (
    <div class="command-actions">
      <div class="command-buttons">
        {running ? (
          <button type="button" class="slide-button run stop" onClick={onStop}>
            <Icon name="stop" /> Stop
          </button>
        ) : (
          <button type="button" class="slide-button run" disabled={why !== undefined} title={why} onClick={onRun}>
            <Icon name="run" /> {block.kind === 'command' ? 'Run' : `Write ${block.name}`}
          </button>
        )}
        <CopyButton text={block.source} />
      </div>
      <div aria-live="polite">{mark ? <RunMark mark={mark} /> : why !== undefined && <p class="run-mark why">{why}</p>}</div>
    </div>
  )
}

export function RunMark({ mark }: { mark: Mark }) {
  return (
    <p class={`run-mark ${mark.kind}`}>
      {mark.kind === 'running' && <span class="running-dot" aria-hidden="true" />}
      {mark.kind === 'done' && <Icon name="done" />}
      {mark.kind === 'failed' && <Icon name="failed" />}
      {mark.words}
    </p>
  )
}

const COPIED_MILLIS = 1500

export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    if (!(await copyText(text))) return tell('This browser does not let the page copy. Select the code and press Ctrl-C.')
    setCopied(true)
    setTimeout(() => setCopied(false), COPIED_MILLIS)
  }
  return (
    <button type="button" class="slide-button copy" aria-label={copied ? 'Copied' : 'Copy'} title="Copy" onClick={() => void copy()}>
      <Icon name={copied ? 'done' : 'copy'} />
    </button>
  )
}
