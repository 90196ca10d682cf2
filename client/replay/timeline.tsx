import { useRef } from 'preact/hooks'
import type { Chapter, Tick } from './playback.ts'
import { clockOf, type Player } from './player.ts'

interface Timed {
  readonly player: Player
  readonly chapters: readonly Chapter[]
  readonly ticks: readonly Tick[]
  readonly titleOf: (chapter: Chapter) => string
}

const KEY_MILLIS = 5000

/** Chapters as segments, commands as ticks, and the playhead. Click, drag or arrow keys. */
export function Timeline({ player, chapters, ticks, titleOf }: Timed) {
  const bar = useRef<HTMLDivElement>(null)
  const whole = player.to - player.from
  const at = (time: number): string => `${((time - player.from) / whole) * 100}%`
  const seek = (event: PointerEvent): void => {
    const box = bar.current?.getBoundingClientRect()
    if (box) player.seek(player.from + ((event.clientX - box.left) / box.width) * whole)
  }
  const key = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: player.time.value - KEY_MILLIS, ArrowRight: player.time.value + KEY_MILLIS, Home: player.from, End: player.to }[
      event.key
    ]
    if (to === undefined) return
    event.preventDefault()
    player.seek(to)
  }
  const now = player.time.value
  const chapter = chapters.findLast(({ from }) => from <= now)
  return (
    <div
      ref={bar}
      class="timeline"
      role="slider"
      tabIndex={0}
      aria-label="Position in the recording"
      aria-valuemin={0}
      aria-valuemax={Math.round(whole / 1000)}
      aria-valuenow={Math.round((now - player.from) / 1000)}
      aria-valuetext={`${clockOf(now - player.from)} of ${clockOf(whole)}${chapter ? `, ${titleOf(chapter)}` : ''}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        seek(event)
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && seek(event)}
      onKeyDown={key}
    >
      {chapters.map((one) => (
        <div
          key={one.from}
          class="timeline-chapter"
          data-now={one === chapter || undefined}
          title={titleOf(one)}
          style={{ left: at(one.from), width: `calc(${((one.to - one.from) / whole) * 100}% - 2px)` }}
        >
          <span>{titleOf(one)}</span>
        </div>
      ))}
      {ticks.map((tick) => (
        <i
          key={tick.at}
          class={`timeline-tick ${tick.exit === undefined || tick.exit === 0 ? '' : 'failed'}`}
          style={{ left: at(tick.at) }}
        />
      ))}
      <b class="timeline-playhead" style={{ left: at(now) }} />
    </div>
  )
}
