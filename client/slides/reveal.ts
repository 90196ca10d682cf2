import Reveal, { type RevealApi } from 'reveal.js'
import 'reveal.js/reveal.css'
import { CANVAS, canvasFor, type CanvasKind } from './canvas.ts'

/** What this product needs of reveal.js: it lays sections out on a canvas and scales it; which one is shown is decided by us. */
export interface Mounted {
  show(index: number): void
  layout(): void
  /** The sections are others now. */
  sync(): void
  unmount(): void
}

/** Mounts reveal.js on an element with sections. Keys, touch, history and messages stay with the page, which knows about steps. */
export async function mountReveal(element: HTMLElement, viewport: HTMLElement, kind: () => CanvasKind): Promise<Mounted> {
  const sizeOf = (): { width: number; height: number } => canvasFor(viewport.clientWidth, viewport.clientHeight, kind())
  const api: RevealApi = new Reveal(element, {
    ...sizeOf(),
    embedded: true,
    margin: 0,
    minScale: 0.05,
    maxScale: 6,
    center: false,
    controls: false,
    progress: false,
    slideNumber: false,
    hash: false,
    history: false,
    respondToHashChanges: false,
    keyboard: false,
    touch: false,
    mouseWheel: false,
    overview: false,
    help: false,
    fragments: false,
    transition: 'none',
    backgroundTransition: 'none',
    autoAnimate: false,
    autoPlayMedia: false,
    preloadIframes: false,
    focusBodyOnPageVisibilityChange: false,
    hideInactiveCursor: false,
    // On a phone reveal.js would turn itself into one long page that is scrolled.
    scrollActivationWidth: 0,
    postMessage: false,
    postMessageEvents: false,
    viewDistance: 2,
    mobileViewDistance: 2,
    display: 'block',
  })
  await api.initialize()
  const layout = (): void => {
    const size = sizeOf()
    element.classList.toggle('narrow', size.width < 1200)
    element.classList.toggle('less-wide', size.width < CANVAS.width && size.width >= 1200)
    element.style.setProperty('--canvas-height', `${size.height}px`)
    element.style.setProperty('--canvas-width', `${size.width}px`)
    api.configure(size)
    api.layout()
  }
  layout()
  return { show: (index) => api.slide(index, 0), layout, sync: () => api.sync(), unmount: () => api.destroy() }
}
