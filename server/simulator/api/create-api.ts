import { serveCustomResources } from '../custom/serve.ts'
import { Registry } from '../resources/registry.ts'
import { Schemas } from '../resources/schema.ts'
import { Store } from '../store/store.ts'
import { Operations } from './operations.ts'
import type { Platform } from '../platform.ts'
import type { DiscoveryData } from '../resources/registry.ts'
import type { SchemaData } from '../resources/schema.ts'

/** What the API is made of, as data. */
export interface ApiData {
  readonly schemas: SchemaData
  readonly discovery: DiscoveryData
}

/** An API without objects, or one of the objects in `store`; nothing runs. */
export function createOperations(data: ApiData, platform: Platform, store = new Store(platform)): Operations {
  const schemas = new Schemas(data.schemas)
  const operations = new Operations(platform, store, new Registry(data.discovery, schemas), schemas)
  serveCustomResources(operations)
  return operations
}
