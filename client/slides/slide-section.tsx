import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Deck, Slide } from '../../server/protocol/deck.ts'
import { SlideDrawing } from './drawing.tsx'
import { fitStep } from './fit-step.ts'
import { dressStep, mountIslands, type RenderIsland } from './islands.ts'

export interface SlideParts {
  readonly deck: Deck
  readonly slide: Slide
  readonly step: number
  /** Whether this is the slide in view: only there, blocks are live. */
  readonly live: boolean
  readonly renderIsland?: RenderIsland | undefined
  /** What a join slide shows below its heading. */
  readonly joinCard?: JSX.Element | undefined
}

const backgroundProperties = ['background-image', 'background-color', 'background-size', 'background-position'] as const

function Background({ slide }: { slide: Slide }) {
  const style = Object.fromEntries(backgroundProperties.flatMap((name) => (slide.background[name] ? [[name, slide.background[name]]] : [])))
  if (Object.keys(style).length === 0) return null
  return <div class="slide-ground" style={style} />
}

const classesOf = (slide: Slide): string =>
  [
    'slide',
    `layout-${slide.layout}`,
    ...slide.classes.map((name) => `is-${name}`),
    ...(slide.background['background-image'] ? ['has-image'] : []),
    // A slide with a drawing of its own needs none of ours.
    ...(slide.steps.some(({ html }) => html.includes('<img') || html.includes('<svg')) ? ['has-drawing'] : []),
    ...(slide.blocks.some(({ kind }) => kind === 'query') ? ['has-query'] : []),
  ].join(' ')

/** One slide: a section for reveal.js that holds its steps, one of them shown. */
export function SlideSection(parts: SlideParts) {
  const { deck, slide, step } = parts
  return (
    <section class={classesOf(slide)} data-slide={slide.id} aria-label={slide.title}>
      <SlideBody {...parts} />
      {slide.layout !== 'title' && (
        <footer class="slide-footer">
          <span>{deck.title}</span>
          <span>{slide.steps[step]?.number ?? slide.number}</span>
        </footer>
      )}
    </section>
  )
}

function SlideBody({ deck, slide, step, live, renderIsland, joinCard }: SlideParts) {
  const body = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    for (const element of stepsIn(body.current)) dressStep(element, slide.blocks)
  }, [slide])
  useLayoutEffect(() => {
    const shown = stepsIn(body.current)[step]
    if (!shown || !body.current) return
    // A picture of a slide is fitted once; one that waits beside the slide in view has no size yet.
    if (!live) return fitStep(body.current, shown)
    const unmount = renderIsland && mountIslands(shown, slide.blocks, renderIsland)
    const frame = body.current
    const fit = (): void => fitStep(frame, shown)
    fit()
    void document.fonts.ready.then(fit)
    const images = [...shown.querySelectorAll('img')].filter((image) => !image.complete)
    for (const image of images) image.addEventListener('load', fit, { once: true })
    const observer = new ResizeObserver(fit)
    observer.observe(frame)
    // What is live grows by itself: a check that says why not, a drawing that has come.
    observer.observe(shown)
    // Opening a hint makes the step taller; the event does not bubble.
    shown.addEventListener('toggle', fit, true)
    return () => {
      shown.removeEventListener('toggle', fit, true)
      observer.disconnect()
      unmount?.()
    }
  }, [slide, step, live, renderIsland])
  return (
    <>
      <Background slide={slide} />
      <SlideDrawing layout={slide.layout} />
      <div class="slide-body" ref={body}>
        {slide.steps.map(({ html }, index) => (
          // The deck's HTML was sanitised by the server; nothing else is ever set as HTML.
          <div class="step" key={index} hidden={index !== step} dangerouslySetInnerHTML={{ __html: html }} />
        ))}
        {slide.layout === 'title' && <Credits deck={deck} slide={slide} />}
        {slide.layout === 'join' && joinCard}
      </div>
    </>
  )
}

function stepsIn(body: HTMLElement | null): HTMLElement[] {
  return [...(body?.children ?? [])].filter(
    (child): child is HTMLElement => child instanceof HTMLElement && child.classList.contains('step'),
  )
}

/** Who speaks, and when, unless the slide says it itself. */
function Credits({ deck, slide }: { deck: Deck; slide: Slide }) {
  const written = slide.steps.some(({ html }) => deck.presenters.some((name) => html.includes(name)))
  if (written || (deck.presenters.length === 0 && !deck.date)) return null
  return (
    <p class="credits">
      {deck.presenters.join(', ')}
      {deck.date && <span>{deck.date}</span>}
    </p>
  )
}
