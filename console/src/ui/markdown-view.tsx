import { createContext, use, useMemo, type ComponentProps, type ReactNode } from 'react'
import { Streamdown } from 'streamdown'
import { CitationButton } from './citation-button.tsx'
import { makeTreeSafe, type TreeNode } from './markdown-safety.ts'
import type { MarkdownProps } from './markdown.tsx'

const noSources: readonly number[] = []

/** The lazily loaded part of `Markdown`: import that one. */
export function MarkdownView({ text, streaming = false, sources = noSources, onSource }: MarkdownProps): ReactNode {
  const rehypePlugins = useMemo(() => {
    const known = new Set(sources)
    return [() => (tree: TreeNode) => makeTreeSafe(tree, known)]
  }, [sources])
  return (
    <OpenSource value={onSource}>
      <Streamdown
        mode={streaming ? 'streaming' : 'static'}
        parseIncompleteMarkdown={streaming}
        rehypePlugins={rehypePlugins}
        components={plainComponents}
        controls={false}
        linkSafety={{ enabled: false }}
        className={streaming ? 'prose-answer prose-streaming' : 'prose-answer'}
      >
        {text}
      </Streamdown>
    </OpenSource>
  )
}

/** Opens a source from within an answer. */
const OpenSource = createContext<MarkdownProps['onSource']>(undefined)

function Citation({ children }: ComponentProps<'cite'>): ReactNode {
  return <CitationButton n={Number(children)} onSource={use(OpenSource)} />
}

/** Plain elements in place of the library's own, which bring buttons, styles and pictures of their own. */
const plainComponents = {
  a: ({ href, children }: ComponentProps<'a'>) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" referrerPolicy="no-referrer" className="link">
      {children}
    </a>
  ),
  blockquote: ({ children }: ComponentProps<'blockquote'>) => <blockquote>{children}</blockquote>,
  cite: Citation,
  code: ({ children }: ComponentProps<'code'>) => <code>{children}</code>,
  inlineCode: ({ children }: ComponentProps<'code'>) => <code>{children}</code>,
  h1: ({ children }: ComponentProps<'h1'>) => <p className="font-semibold">{children}</p>,
  h2: ({ children }: ComponentProps<'h2'>) => <p className="font-semibold">{children}</p>,
  h3: ({ children }: ComponentProps<'h3'>) => <p className="font-semibold">{children}</p>,
  h4: ({ children }: ComponentProps<'h4'>) => <p className="font-semibold">{children}</p>,
  h5: ({ children }: ComponentProps<'h5'>) => <p className="font-semibold">{children}</p>,
  h6: ({ children }: ComponentProps<'h6'>) => <p className="font-semibold">{children}</p>,
  hr: () => <hr />,
  img: () => null,
  li: ({ children }: ComponentProps<'li'>) => <li>{children}</li>,
  ol: ({ children, start }: ComponentProps<'ol'>) => <ol start={start}>{children}</ol>,
  p: ({ children }: ComponentProps<'p'>) => <p>{children}</p>,
  pre: ({ children }: ComponentProps<'pre'>) => <pre tabIndex={0}>{children}</pre>,
  strong: ({ children }: ComponentProps<'strong'>) => <strong>{children}</strong>,
  sub: ({ children }: ComponentProps<'sub'>) => <sub>{children}</sub>,
  sup: ({ children }: ComponentProps<'sup'>) => <sup>{children}</sup>,
  table: ({ children }: ComponentProps<'table'>) => (
    <div tabIndex={0} className="overflow-x-auto">
      <table>{children}</table>
    </div>
  ),
  tbody: ({ children }: ComponentProps<'tbody'>) => <tbody>{children}</tbody>,
  td: ({ children }: ComponentProps<'td'>) => <td>{children}</td>,
  th: ({ children }: ComponentProps<'th'>) => <th>{children}</th>,
  thead: ({ children }: ComponentProps<'thead'>) => <thead>{children}</thead>,
  tr: ({ children }: ComponentProps<'tr'>) => <tr>{children}</tr>,
  ul: ({ children }: ComponentProps<'ul'>) => <ul>{children}</ul>,
}
