import { serveCustomResources } from '../custom/serve.ts'
import { Registry } from '../resources/registry.ts'
import { Schemas } from '../resources/schema.ts'
import { Store } from '../store/store.ts'
import { localDoor } from './local.ts'
import { Operations } from './operations.ts'
import type { Platform } from '../platform.ts'
import type { DiscoveryData } from '../resources/registry.ts'
import type { SchemaData } from '../resources/schema.ts'
import type { Api } from './door.ts'

/** What the API is made of, as data. */
export interface ApiData {
  readonly schemas: SchemaData
  readonly discovery: DiscoveryData
}

/** An empty API: no namespaces yet, nothing runs. */
export function createApi(data: ApiData, platform: Platform): Api {
  return localDoor(createOperations(data, platform))
}

export function createOperations(data: ApiData, platform: Platform, store = new Store(platform)): Operations {
  const schemas = new Schemas(data.schemas)
  const operations = new Operations(platform, store, new Registry(data.discovery, schemas), schemas)
  serveCustomResources(operations)
  return operations
}
