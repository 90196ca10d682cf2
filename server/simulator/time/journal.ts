import type { RuntimePast } from '../images/past.ts'
import type { StoreContents, StoreEvent } from '../store/store.ts'

/** Where a cluster writes down what must not be lost. Whatever it throws refuses the change that it was told of. */
export interface Journal {
  /** The cluster is what `contents` says from now on: at its beginning, and when it has been restored. */
  begin(contents: () => StoreContents): void
  /** One change more; whoever makes it is answered after this returns. */
  change(event: StoreEvent): void
  /** Containers or volumes hold something else now. Called at every write: whoever asks for all of it should wait a while. */
  wrote(past: () => RuntimePast): void
}

/** What is left of a cluster that has ended. */
export interface SavedCluster extends StoreContents {
  readonly past: RuntimePast
}
