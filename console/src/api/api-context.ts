import { createContext, use } from 'react'
import type { Api } from './client.ts'

/** Carries the API to the features; the app provides it once. */
export const ApiContext = createContext<Api | undefined>(undefined)

/** The way to the server for a component. */
export function useApi(): Api {
  const api = use(ApiContext)
  if (!api) throw new Error('useApi needs an ApiContext above it')
  return api
}
