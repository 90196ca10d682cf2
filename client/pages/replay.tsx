import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { TerminalId } from '../../server/kernel/ids.ts'
import { Deck, type Block } from '../../server/protocol/deck.ts'
import { RecordedTerminal, Recording } from '../../server/protocol/http-api.ts'
import { runKey, type TerminalState } from '../../server/protocol/session-state.ts'
import { latestTerminalOf } from '../classroom/from-events.ts'
import { getJson, RequestFailed, wordsOf } from '../net/api.ts'
import { chaptersOf, Playback, presenterOf, ticksOf, type Chapter } from '../replay/playback.ts'
import { Player } from '../replay/player.ts'
import { RecordedScreen } from '../replay/recorded-screen.ts'
import { CommandIsland } from '../slides/command-island.tsx'
import { PassedCheck } from '../slides/check-island.tsx'
import { DeckView } from '../slides/deck-view.tsx'
import { MermaidIsland } from '../slides/mermaid-island.tsx'
import { QuizIsland } from '../slides/quiz-island.tsx'
import { placeOf } from '../slides/walk.ts'
import { TerminalView } from '../terminals/terminal-view.tsx'
import { MessagePage, WaitingPage } from '../ui/message-page.tsx'
import { StateWords } from '../ui/state-words.tsx'
import { toggleTheme } from '../ui/theme.ts'
import { enterWithFragment } from './open-session.tsx'
import { RecordedQuery } from './recorded-query.tsx'
import { ReplayControls } from './replay-controls.tsx'
import { useReplayKeys } from './replay-keys.ts'
import { stageType, useWindowWidth } from './stage-type.ts'
import './stage.css'
import './replay.css'

interface Loaded {
  readonly deck: Deck
  readonly recording: Recording
  readonly screens: ReadonlyMap<TerminalId, RecordedScreen>
  readonly end: number
}

/** A recorded session: the stage as it was, with its time below. */
export function ReplayPage() {
  const [loaded, setLoaded] = useState<Loaded | { readonly title: string; readonly say: string }>()
  useEffect(() => {
    load().then(setLoaded, (error: unknown) => {
      const unknown = error instanceof RequestFailed && (error.status === 401 || error.status === 403)
      const say = unknown
        ? 'Open it with the link that was printed when it was started: the part after # lets this browser in.'
        : wordsOf(error)
      setLoaded({ title: unknown ? 'This is a recording' : 'The recording did not open', say })
    })
  }, [])
  if (!loaded) return <WaitingPage what="Opening the recording" />
  if ('say' in loaded) return <MessagePage {...loaded} />
  return <Replaying {...loaded} />
}

async function load(): Promise<Loaded> {
  await enterWithFragment('replay')
  const [recording, deck] = await Promise.all([getJson('/api/replay', Recording), getJson('/api/deck', Deck)])
  const presenter = presenterOf(recording.events)
  const shown = recording.terminals.filter((id) =>
    recording.events.some(({ event }) => event.type === 'terminal.opened' && event.terminal === id && event.person === presenter),
  )
  const outputs = await Promise.all(shown.map(async (id) => [id, await getJson(`/api/replay/terminals/${id}`, RecordedTerminal)] as const))
  const ends = [recording.events.at(-1)?.at ?? 0, ...outputs.map(([, output]) => output.at(-1)?.[0] ?? 0)]
  document.title = `${deck.title} · replay`
  return { deck, recording, screens: new Map(outputs.map(([id, output]) => [id, new RecordedScreen(output)])), end: Math.max(...ends) }
}

function Replaying({ deck, recording, screens, end }: Loaded) {
  const { events } = recording
  const playback = useMemo(() => new Playback(events), [events])
  const player = useMemo(() => new Player(events[0]?.at ?? 0, end), [events, end])
  const presenter = useMemo(() => presenterOf(events), [events])
  const chapters = useMemo(() => chaptersOf(events, player.to), [events, player])
  const ticks = useMemo(() => ticksOf(events, presenter), [events, presenter])
  const showsTerminal = useSignal(true)
  const time = player.time.value
  const state = playback.stateAt(time)
  useEffect(() => {
    for (const screen of screens.values()) screen.seek(time)
  }, [time, screens])
  useReplayKeys(player, chapters, { d: () => (showsTerminal.value = !showsTerminal.value), t: toggleTheme })

  const island = useMemo(
    () =>
      (block: Block): ComponentChildren =>
        block.kind === 'query' ? (
          <RecordedQuery block={block} why="A recording keeps slides and terminals; metrics stay with their cluster." />
        ) : block.kind === 'check' ? (
          <PassedCheck
            block={block}
            passed={() => presenter !== undefined && playback.stateAt(player.time.value).passed.has(runKey(presenter, block.id))}
          />
        ) : block.kind === 'topology' || block.kind === 'trace' ? (
          <StateWords
            state="empty"
            lead={block.kind === 'topology' ? 'This drawing was live' : 'This trace was live'}
            say="A recording keeps slides and terminals; the cluster that was drawn here is gone."
          />
        ) : block.kind === 'mermaid' ? (
          <MermaidIsland block={block} />
        ) : block.kind === 'quiz' ? (
          <QuizIsland block={block} acts />
        ) : block.kind !== 'command' ? null : (
          <CommandIsland
            block={block}
            acts={false}
            run={() => (presenter === undefined ? undefined : playback.stateAt(player.time.value).runs.get(runKey(presenter, block.id)))}
            whyNot={() => undefined}
            onRun={() => undefined}
            onStop={() => undefined}
          />
        ),
    [presenter, playback, player],
  )
  const latest = latestTerminalOf(playback.eventsUntil(time), presenter)
  const terminal = latest === undefined ? undefined : state.terminals.get(latest)
  const titleOf = ({ slide }: Chapter): string => deck.slides.find(({ id }) => id === slide)?.title ?? slide
  const dock = terminal && showsTerminal.value ? (state.dock === 'full' ? 'full' : 'side') : 'hidden'
  return (
    <div class="replay">
      <div class="stage" data-dock={dock}>
        <main class="stage-slides" aria-label={deck.slides[placeOf(deck, state.stage).index]?.title ?? 'Slides'}>
          <DeckView deck={deck} position={state.stage} renderIsland={island} canvas={dock === 'side' ? 'beside' : 'whole'} />
        </main>
        {dock !== 'hidden' && terminal && <RecordedDock terminal={terminal} screen={screens.get(terminal.id)} />}
      </div>
      <ReplayControls player={player} chapters={chapters} ticks={ticks} titleOf={titleOf} showsTerminal={showsTerminal} />
    </div>
  )
}

/** What was typed while the stage did not show it may be wider than a stage's terminal: it gets more of the width. */
const BESIDE_COLUMNS = 72

function RecordedDock({ terminal, screen }: { terminal: TerminalState; screen: RecordedScreen | undefined }) {
  const width = useWindowWidth()
  if (!screen) return null
  return (
    <aside class={`stage-dock ${terminal.columns > BESIDE_COLUMNS ? 'wide' : ''}`} aria-label="The presenter’s terminal">
      <TerminalView
        key={terminal.id}
        source={screen}
        label="The presenter’s terminal"
        fontSize={stageType(width)}
        theme="navy"
        sizedAs={{ columns: terminal.columns, rows: terminal.rows }}
      />
    </aside>
  )
}
