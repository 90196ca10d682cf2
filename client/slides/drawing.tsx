import type { Layout } from '../../server/protocol/deck.ts'

const WAVE = 'c60 0 60 -44 120 -44s60 44 120 44'

/** A row of waves from left to right, as a sea is drawn. */
const wave = (y: number, shift: number): string => `M${shift} ${y}${WAVE.repeat(9)}`

/**
 * Our drawing for openings: a sea of the same wave, and the one line that somebody measures.
 * One line weight, two colours.
 */
export function SlideDrawing({ layout }: { layout: Layout }) {
  if (layout !== 'section' && layout !== 'title') return null
  return (
    <svg class="slide-drawing" viewBox="0 0 1920 420" preserveAspectRatio="xMinYMax slice" aria-hidden="true">
      <g fill="none" stroke-width="5" stroke-linecap="round" stroke-linejoin="round">
        <path class="sea" d={wave(240, -120)} />
        <path class="sea" d={wave(310, -60)} />
        <path class="sea" d={wave(380, -180)} />
        <path
          class="measured"
          d="M-20 170 h1080 c50 0 54 -26 92 -26 s40 52 78 52 s46 -150 88 -150 s48 176 92 176 s44 -76 86 -76 s36 24 80 24 h420"
        />
        <circle class="now" cx="1778" cy="170" r="11" />
      </g>
    </svg>
  )
}
