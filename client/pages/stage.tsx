import { useEffect, useMemo } from 'preact/hooks'
import type { Dock } from '../../server/protocol/session-event.ts'
import type { SessionInfo } from '../../server/protocol/http-api.ts'
import type { SessionStore } from '../classroom/session-store.ts'
import { DeckView } from '../slides/deck-view.tsx'
import { usePrinting } from '../slides/print-deck.tsx'
import { progressAt } from '../slides/walk.ts'
import { TerminalView } from '../terminals/terminal-view.tsx'
import { toggleTheme } from '../ui/theme.ts'
import { ConnectionLost } from './connection-lost.tsx'
import { DeckProblem } from './deck-problem.tsx'
import { JoinCard } from './join-card.tsx'
import { liveBlocks } from './live-blocks.tsx'
import { openingPage, useSession } from './open-session.tsx'
import { stageType, useWindowWidth } from './stage-type.ts'
import { useWalkKeys } from './walk-keys.ts'
import './stage.css'

/** The projector: nothing but the slide, and the presenter's terminal when the presenter shows it. */
export function StagePage() {
  const opening = useSession('stage')
  if (opening.state === 'open') return <Staging store={opening.store} info={opening.info} />
  return openingPage(opening, {
    title: 'This is the stage',
    say: 'Open it with the link that was printed when the workshop started: the part after # lets this browser in.',
  })
}

/** The stage is moved from the console; only its colours are its own, because only here the projector is seen. */
const stageKeys = { t: toggleTheme }
const stay = (): void => undefined

function Staging({ store, info }: { store: SessionStore; info: SessionInfo }) {
  const live = useMemo(() => liveBlocks(store), [store])
  const { dock } = store.session.value
  const position = store.stage()
  const deck = store.deck.value
  useWalkKeys(stay, stageKeys)
  usePrinting(deck, false)
  return (
    <div class="stage" data-dock={dock}>
      <main class="stage-slides" aria-label="Slides">
        <DeckView
          deck={deck}
          position={position}
          renderIsland={live}
          canvas={dock === 'side' ? 'beside' : 'whole'}
          joinCard={info.join ? <JoinCard join={info.join} /> : undefined}
        />
      </main>
      <StageDock store={store} dock={dock} />
      <div class="stage-progress" aria-hidden="true" style={{ scale: `${progressAt(deck, position)} 1` }} />
      <DeckProblem store={store} />
      <ConnectionLost connection={store.connection} />
    </div>
  )
}

/** The presenter's terminal, sized for the last row: while it is shown, the stage says how many columns there are. */
function StageDock({ store, dock }: { store: SessionStore; dock: Dock }) {
  const width = useWindowWidth()
  const terminal = dock === 'hidden' ? undefined : store.latestTerminal(store.welcome.value?.presenter)
  useEffect(() => store.onWelcome(() => dispatchEvent(new Event('resize'))), [store])
  if (dock === 'hidden') return null
  return (
    <aside class="stage-dock" aria-label="The presenter’s terminal">
      {terminal ? (
        <TerminalView
          key={terminal.id}
          source={store.feed(terminal.id)}
          label="The presenter’s terminal"
          fontSize={stageType(width)}
          theme="navy"
          onSize={(size) => store.send({ type: 'terminal.resize', terminal: terminal.id, ...size })}
        />
      ) : (
        <p class="stage-dock-empty">The presenter has no terminal open.</p>
      )}
    </aside>
  )
}
