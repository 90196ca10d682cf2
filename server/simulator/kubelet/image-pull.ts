import type { Container } from '../resources/kinds.ts'
import { imageNameProblem } from './image-name.ts'
import { goDuration } from './images.ts'
import type { Fetched } from './images.ts'

/** What getting an image needs from the container that it is for. */
export interface PullHost {
  readonly now: () => number
  /** Calls back later, unless the container has to end by then. */
  readonly later: (millis: number, then: () => void) => void
  readonly stopped: () => boolean
  readonly say: (type: 'Normal' | 'Warning', reason: string, message: string) => void
  readonly fetch: (image: string, policy: string, pulling: () => void, done: (fetched: Fetched) => void) => void
  /** The container waits, for this reason. */
  readonly waits: (reason: string, message: string) => void
  /** It will not be tried again: the image's name or its pull policy leaves nothing to try. */
  readonly hopeless: (reason: string, message: string) => void
}

const firstBackOffMillis = 10_000
const lastBackOffMillis = 300_000
/** The kubelet looks at the pod again a little later and finds the image in back-off. */
const noticeMillis = 2000

/** Gets one container's image, again and again while the registry fails. https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff */
export class ImagePull {
  readonly #container: Container
  readonly #host: PullHost
  #backOff = 0

  constructor(container: Container, host: PullHost) {
    this.#container = container
    this.#host = host
  }

  /** Calls back once the image is there. */
  get(done: (imageId: string) => void): void {
    const { image = '', imagePullPolicy = 'IfNotPresent' } = this.#container
    const problem = imageNameProblem(image)
    if (problem !== undefined) return this.#giveUp('InspectFailed', 'InvalidImageName', problem)
    const pulling = (): void => this.#host.say('Normal', 'Pulling', `Pulling image "${image}"`)
    this.#host.fetch(image, imagePullPolicy, pulling, (fetched) => {
      if (this.#host.stopped()) return
      if (!fetched.ok) {
        this.#failed(image, fetched.message, done)
        return
      }
      this.#backOff = 0
      const took = `${goDuration(fetched.millis)} (${goDuration(fetched.waitedMillis)} including waiting)`
      const words = fetched.present
        ? `Container image "${image}" already present on machine and can be accessed by the pod`
        : `Successfully pulled image "${image}" in ${took}. Image size: ${fetched.bytes} bytes.`
      this.#host.say('Normal', 'Pulled', words)
      done(fetched.imageId)
    })
  }

  #giveUp(event: string, reason: string, message: string): void {
    this.#host.say('Warning', event, message)
    this.#host.say('Warning', 'Failed', `Error: ${reason}`)
    this.#host.hopeless(reason, message)
  }

  #failed(image: string, message: string, done: (imageId: string) => void): void {
    if (this.#container.imagePullPolicy === 'Never') return this.#giveUp('ErrImageNeverPull', 'ErrImageNeverPull', message)
    const error = message.startsWith('failed to ') ? `rpc error: code = NotFound desc = ${message}` : message
    this.#host.say('Warning', 'Failed', `Failed to pull image "${image}": ${error}`)
    this.#host.say('Warning', 'Failed', 'Error: ErrImagePull')
    this.#host.waits('ErrImagePull', error)
    this.#backOff = this.#backOff === 0 ? firstBackOffMillis : Math.min(this.#backOff * 2, lastBackOffMillis)
    const retryAt = this.#host.now() + this.#backOff
    this.#host.later(noticeMillis, () => {
      this.#host.say('Normal', 'BackOff', `Back-off pulling image "${image}"`)
      this.#host.say('Warning', 'Failed', 'Error: ImagePullBackOff')
      this.#host.waits('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${error}`)
      this.#host.later(retryAt - this.#host.now(), () => this.get(done))
    })
  }
}
