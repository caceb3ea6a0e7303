import type { Egress } from '../platform/egress.ts'
import { requestInvalid } from './problem-details.ts'

/**
 * A tenant's model base URL as it is stored and compared: a checked address (C1) without a trailing slash, query or
 * fragment. Throws `egress.address_refused` or `request.invalid` 422.
 */
export function readBaseUrl(text: string, egress: Egress): string {
  egress.checkUrl(text, 'model_base_url')
  const url = new URL(text)
  if (url.search || url.hash) {
    const message = 'must not have a query or fragment'
    throw requestInvalid({ detail: `model_base_url: ${message}`, errors: [{ path: 'model_base_url', message }] })
  }
  return url.toString().replace(/\/+$/, '')
}
