import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { z } from 'zod'
import type { TerminalId } from '../../server/kernel/ids.ts'
import type { TerminalState } from '../../server/protocol/session-state.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { recall, remember } from '../ui/remember.ts'

const FontSize = z.int().min(9).max(40)
const TerminalLook = z.enum(['navy', 'paper'])

/** The terminals of whoever sits at this page. */
export interface OwnTerminals {
  readonly open: ReadonlySignal<readonly TerminalState[]>
  readonly active: ReadonlySignal<TerminalId | undefined>
  readonly fontSize: { value: number }
  readonly look: { value: z.infer<typeof TerminalLook> }
  readonly screenReader: { value: boolean }
  readonly activate: (terminal: TerminalId) => void
  /** The one in front, or the one with this number, from 1; undefined when it is not open. */
  readonly numbered: (number?: number) => TerminalId | undefined
  readonly openAnother: () => void
  /** Called with a size when a first terminal's place is known. */
  readonly lastLine: { value: () => string }
}

/** A new terminal is sized by its screen a moment later; until then it is as wide as most manuals expect. */
const FIRST_SIZE = { columns: 80, rows: 24 }

/** Looks after this person's terminals; the first opens by itself once there is a cluster. */
export function useOwnTerminals(store: SessionStore): OwnTerminals {
  const own = useMemo(() => createOwnTerminals(store), [store])
  useEffect(() => {
    let asked = false
    // A new connection may follow a restart of the server, where a first terminal has to be asked for again.
    store.onWelcome(() => {
      asked = false
    })
    return effect(() => {
      const ready = store.cluster.value.state === 'ready' && store.welcome.value !== undefined && store.connection.value === 'open'
      const ever = [...store.session.value.terminals.values()].some(({ person }) => person === store.shown.value)
      if (!ready || asked || own.open.value.length > 0 || (ever && own.closedByHand.value)) return
      asked = true
      own.openAnother()
    })
  }, [store, own])
  useEffect(
    () =>
      effect(() => {
        remember('terminal-size', own.fontSize.value)
        remember('terminal-look', own.look.value)
        remember('screen-reader', own.screenReader.value)
      }),
    [own],
  )
  return own
}

function createOwnTerminals(store: SessionStore): OwnTerminals & { readonly closedByHand: { value: boolean } } {
  const chosen = signal<TerminalId | undefined>(undefined)
  const open = computed(() => store.terminalsOf(store.shown.value))
  const active = computed(() => open.value.find(({ id }) => id === chosen.value)?.id ?? open.value.at(-1)?.id)
  return {
    open,
    active,
    fontSize: signal(recall('terminal-size', FontSize, 14)),
    look: signal(recall('terminal-look', TerminalLook, 'navy')),
    screenReader: signal(recall('screen-reader', z.boolean(), false)),
    closedByHand: signal(false),
    lastLine: signal(() => ''),
    activate: (terminal) => {
      chosen.value = terminal
    },
    numbered: (number) => (number === undefined ? active.value : open.value[number - 1]?.id),
    openAnother: () => {
      chosen.value = undefined
      store.send({ type: 'terminal.open', ...FIRST_SIZE })
    },
  }
}
