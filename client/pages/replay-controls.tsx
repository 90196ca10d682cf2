import type { Chapter, Tick } from '../replay/playback.ts'
import { clockOf, SPEEDS, type Player } from '../replay/player.ts'
import { Timeline } from '../replay/timeline.tsx'
import { Icon } from '../ui/icons.tsx'
import { Menu, ThemeChoice } from '../ui/menu.tsx'

interface Controls {
  readonly player: Player
  readonly chapters: readonly Chapter[]
  readonly ticks: readonly Tick[]
  readonly titleOf: (chapter: Chapter) => string
  readonly showsTerminal: { value: boolean }
}

/** What is below a recording: its time, and the ways through it. */
export function ReplayControls({ player, chapters, ticks, titleOf, showsTerminal }: Controls) {
  const playing = player.playing.value
  const now = player.time.value
  const current = chapters.findLastIndex(({ from }) => from <= now)
  return (
    <footer class="replay-controls">
      <Timeline player={player} chapters={chapters} ticks={ticks} titleOf={titleOf} />
      <div class="replay-row">
        <button type="button" class="button strong replay-play" aria-keyshortcuts="Space" onClick={() => player.toggle()}>
          <Icon name={playing ? 'pause' : 'play'} size={22} /> {playing ? 'Pause' : 'Play'}
        </button>
        <span class="replay-time">
          <b>{clockOf(now - player.from)}</b> / {clockOf(player.to - player.from)}
        </span>
        <ChapterChoice player={player} chapters={chapters} current={current} titleOf={titleOf} />
        <label class="replay-speed">
          <span>Speed</span>
          <select
            class="button"
            value={String(player.speed.value)}
            onChange={(event) => (player.speed.value = Number(event.currentTarget.value))}
          >
            {SPEEDS.map((speed) => (
              <option key={speed} value={String(speed)}>
                {speed} ×
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="button"
          aria-pressed={showsTerminal.value}
          title="Show the terminal (d)"
          onClick={() => (showsTerminal.value = !showsTerminal.value)}
        >
          <Icon name="side" /> Terminal
        </button>
        <Menu label="Menu">
          <ThemeChoice />
          <dl class="keys">
            <dt>space</dt>
            <dd>play, pause</dd>
            <dt>← →</dt>
            <dd>five seconds</dd>
            <dt>PgUp PgDn</dt>
            <dd>chapter before, next</dd>
            <dt>d</dt>
            <dd>show the terminal</dd>
          </dl>
        </Menu>
      </div>
    </footer>
  )
}

function ChapterChoice({ player, chapters, current, titleOf }: Pick<Controls, 'player' | 'chapters' | 'titleOf'> & { current: number }) {
  return (
    <select
      class="button replay-chapters"
      aria-label="Chapter"
      value={String(current)}
      onChange={(event) => {
        const chapter = chapters[Number(event.currentTarget.value)]
        if (chapter) player.seek(chapter.from)
      }}
    >
      {chapters.map((chapter, index) => (
        <option key={chapter.from} value={String(index)}>
          {clockOf(chapter.from - player.from)} {titleOf(chapter)}
        </option>
      ))}
    </select>
  )
}
