import { useRef } from 'preact/hooks'
import type { TerminalId } from '../../server/kernel/ids.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { Dock } from '../terminals/dock.tsx'
import type { Screen } from '../terminals/screen.ts'
import { tell } from '../ui/toasts.tsx'
import type { OwnTerminals } from './own-terminals.ts'

/** The largest piece of a paste that goes in one message. */
const PIECE = 32 * 1024

interface LiveDocked {
  readonly store: SessionStore
  readonly terminals: OwnTerminals
  readonly sizedElsewhere?: boolean
  readonly mostColumns?: number
}

/** Somebody's own terminals on a live page. */
export function LiveDock({ store, terminals, sizedElsewhere = false, mostColumns }: LiveDocked) {
  const screens = useRef(new Map<TerminalId, Screen>())
  terminals.lastLine.value = () => {
    const active = terminals.active.value
    return active === undefined ? '' : (screens.current.get(active)?.lastLine() ?? '')
  }
  const input = (terminal: TerminalId, data: string): void => {
    for (let at = 0; at < data.length; at += PIECE) {
      const sent = store.send({ type: 'terminal.input', terminal, data: data.slice(at, at + PIECE) })
      if (!sent) return tell('Not connected just now: what you typed was not sent.')
    }
  }
  return (
    <Dock
      terminals={terminals.open.value}
      active={terminals.active.value}
      sourceOf={(terminal) => store.feed(terminal)}
      fontSize={terminals.fontSize.value}
      theme={terminals.look.value}
      screenReader={terminals.screenReader.value}
      sizedElsewhere={sizedElsewhere}
      mostColumns={mostColumns}
      notice={store.cluster.value.state === 'none' ? store.cluster.value.why : undefined}
      empty={<NoTerminal store={store} terminals={terminals} />}
      canOpen={store.cluster.value.state === 'ready'}
      onActivate={terminals.activate}
      onOpen={terminals.openAnother}
      onClose={(terminal) => store.send({ type: 'terminal.close', terminal })}
      onInput={input}
      onSize={(terminal, size) => store.send({ type: 'terminal.resize', terminal, ...size })}
      onScreen={(terminal, screen) => {
        if (screen) screens.current.set(terminal, screen)
        else screens.current.delete(terminal)
      }}
    />
  )
}

function NoTerminal({ store, terminals }: { store: SessionStore; terminals: OwnTerminals }) {
  const cluster = store.cluster.value
  switch (cluster.state) {
    case 'starting':
      return (
        <p class="waiting-words">
          <span class="pulse" aria-hidden="true" /> Starting your cluster
        </p>
      )
    case 'none':
      return (
        <>
          <strong>Slides only</strong>
          <span>{cluster.why}</span>
        </>
      )
    case 'ready':
      return (
        <button type="button" class="button strong" onClick={terminals.openAnother}>
          Open a terminal
        </button>
      )
  }
}
