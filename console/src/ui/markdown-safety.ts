/** A node of the tree that Markdown becomes (hast), as far as it is read here. */
export interface TreeNode {
  type: string
  tagName?: string
  value?: string
  properties?: Record<string, unknown>
  children?: TreeNode[]
}

const linkProtocols = new Set(['http:', 'https:', 'mailto:'])
const keptTags = new Set(
  'a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre strong sub sup table tbody td th thead tr ul'.split(
    ' ',
  ),
)
const keptProperties = new Set(['href', 'start', 'align', 'className'])

/** The tag that a cited `[n]` becomes; its number is its text. */
export const citationTag = 'cite'

/**
 * Makes a tree safe to show, in place: HTML becomes its own text, pictures become their alternative text, only known
 * tags and attributes stay, links keep only http, https and mailto addresses. `[n]` of a known source outside code
 * becomes a citation.
 */
export function makeTreeSafe(tree: TreeNode, sources: ReadonlySet<number>): void {
  tree.children = tree.children?.flatMap((child) => makeNodeSafe(child, { sources, inCode: false }))
}

/** An address that a link may lead to, as it is; undefined for anything else, relative ones included. */
export function findSafeHref(href: unknown): string | undefined {
  if (typeof href !== 'string') return undefined
  const url = URL.parse(href)
  return url && linkProtocols.has(url.protocol) ? url.href : undefined
}

function makeNodeSafe(node: TreeNode, place: { sources: ReadonlySet<number>; inCode: boolean }): TreeNode[] {
  if (node.type === 'raw' || node.type === 'text') {
    const text = node.value ?? ''
    return place.inCode || node.type === 'raw' ? [{ type: 'text', value: text }] : splitCitations(text, place.sources)
  }
  if (node.type !== 'element') return []
  const tag = node.tagName ?? ''
  if (tag === 'img') {
    const alt = node.properties?.alt
    return [{ type: 'text', value: typeof alt === 'string' ? alt : '' }]
  }
  if (tag === 'input') return [{ type: 'text', value: node.properties?.checked === true ? '☑ ' : '☐ ' }]
  const inCode = place.inCode || tag === 'code' || tag === 'pre'
  const children = (node.children ?? []).flatMap((child) => makeNodeSafe(child, { ...place, inCode }))
  if (!keptTags.has(tag)) return children
  const properties = Object.fromEntries(
    Object.entries(node.properties ?? {}).filter(([name]) => keptProperties.has(name)),
  )
  if (tag !== 'a') return [{ type: 'element', tagName: tag, properties, children }]
  const href = findSafeHref(properties.href)
  return href === undefined ? children : [{ type: 'element', tagName: 'a', properties: { href }, children }]
}

function splitCitations(text: string, sources: ReadonlySet<number>): TreeNode[] {
  if (sources.size === 0) return [{ type: 'text', value: text }]
  // The punctuation after a citation goes with it, as a line may break before and after a button.
  return text.split(/(\[\d{1,3}\](?:[.,;:!?)]+)?)/).flatMap((part, at): TreeNode[] => {
    if (part === '') return []
    const [, n = '', after = ''] = at % 2 === 1 ? (/^\[(\d+)\](.*)$/.exec(part) ?? []) : []
    if (n === '' || !sources.has(Number(n))) return [{ type: 'text', value: part }]
    const citation: TreeNode = {
      type: 'element',
      tagName: citationTag,
      properties: {},
      children: [{ type: 'text', value: n }],
    }
    if (after === '') return [citation]
    const together: TreeNode[] = [citation, { type: 'text', value: after }]
    return [{ type: 'element', tagName: 'span', properties: { className: 'whitespace-nowrap' }, children: together }]
  })
}
