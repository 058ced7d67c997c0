/** Texts that leave the span panel: commands, queries, copies, addresses of editors. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EDITOR_HOSTS, editorAddress } from '../../proto/shell/editor-schemes.ts';
import { shellQuoted } from '../../renderer/base/shell-quote.ts';
import { Attributes, listAttributes } from '../../renderer/features/trace/panel/attributes.ts';
import {
  spanAsJson,
  spanAsMarkdown,
  spanAsOtlp,
} from '../../renderer/features/trace/panel/copy.ts';
import { curlCommand } from '../../renderer/features/trace/panel/curl.ts';
import { shortFunction } from '../../renderer/features/trace/panel/frame-text.ts';
import { readHttp } from '../../renderer/features/trace/panel/http.ts';
import { readMeaning } from '../../renderer/features/trace/panel/meaning.ts';
import { peerBin, peerHeight, peerWords } from '../../renderer/features/trace/panel/peers.ts';
import { formatSql, sqlTokens } from '../../renderer/features/trace/panel/sql.ts';
import { EDITORS, editorTarget, parsePathRules } from '../../renderer/session/editor-target.ts';
import { spanOf, toAttributes, toValue, type PlainAttributes } from '../support/span-detail.ts';
import { seededRandom } from '../support/otlp/random.ts';

const EVIL = [
  `'; rm -rf / #`,
  '$(touch /x) `touch /x` $HOME !! \\',
  'a\nb\r\u001b[2J\u0000c',
  'it\'s "quoted" -o/etc/passwd',
  '--upload-file /etc/passwd',
];

/** What a POSIX shell makes of a word. */
const echoed = (word: string): string =>
  execFileSync('/bin/sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' });

describe('a shell word', () => {
  it.each(EVIL)('comes out of a shell as it went in: %j', (text) => {
    expect(echoed(shellQuoted(text))).toBe(text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' '));
  });
});

describe('a curl command', () => {
  const commandOf = (attributes: PlainAttributes): string | null => {
    const span = spanOf({ kind: 3, attributes });
    const http = readHttp(span, new Attributes(span.attributes));
    return http === null ? null : curlCommand(http);
  };

  it('has the method, the address and the headers that were sent', () => {
    expect(
      commandOf({
        'http.request.method': 'POST',
        'url.full': 'https://a/pay?x=[1]',
        'http.request.header.content-type': ['application/json'],
        'http.request.header.host': ['a'],
      }),
    ).toBe(
      [
        "curl \\\n  --request 'POST' \\\n  --globoff \\\n  'https://a/pay?x=[1]'",
        "--header 'content-type: application/json'",
      ].join(' \\\n  '),
    );
  });

  it.each(EVIL)('stays one curl call whatever the telemetry says: %j', (text) => {
    const command = commandOf({
      'http.request.method': text,
      'url.full': `http://a/${text}`,
      'http.request.header.x': [text],
      [`http.request.header.@${text}`]: ['y'],
    });
    const words = execFileSync(
      '/bin/sh',
      ['-c', `curl() { for word; do printf '%s\\n' "$word"; done; }; ${command ?? ''}`],
      { encoding: 'utf8' },
    ).split('\n');
    const options = words.filter((word) => word.startsWith('-'));
    expect(options.filter((word) => word !== '--globoff')).toEqual(['--header']);
    expect(words[0]?.startsWith('http://a/') || words[1]?.startsWith('http://a/')).toBe(true);
  });

  it('is not offered for an address that cannot be called', () => {
    expect(commandOf({ 'http.request.method': 'GET', 'url.path': '/a' })).toBeNull();
    expect(
      commandOf({ 'http.request.method': 'GET', 'url.full': 'file:///etc/passwd' }),
    ).toBeNull();
  });
});

describe('SQL', () => {
  const formatted = (text: string): string =>
    formatSql(text)
      .map((token) => token.text)
      .join('');

  it('breaks at its clauses, not inside lists, BETWEEN and joins', () => {
    expect(
      formatted(
        'select a, count(*) from t left outer join u on u.id = t.id where a between 1 and 2 and b in (1, 2) group by a order by a limit 5',
      ),
    ).toBe(
      [
        'select a, count(*)',
        'from t',
        'left outer join u on u.id = t.id',
        'where a between 1 and 2',
        '  and b in (1, 2)',
        'group by a',
        'order by a',
        'limit 5',
      ].join('\n'),
    );
  });

  it('gives a subquery lines of its own', () => {
    expect(formatted('SELECT a FROM (SELECT b FROM t WHERE c = 1) x WHERE d = 2 AND e = 3')).toBe(
      [
        'SELECT a',
        'FROM (',
        '  SELECT b',
        '  FROM t',
        '  WHERE c = 1',
        ') x',
        'WHERE d = 2',
        '  AND e = 3',
      ].join('\n'),
    );
  });

  it('keeps the form of a text that has lines already', () => {
    const text = 'SELECT a,\n       b\n  FROM t WHERE something = 1 AND another = 2';
    expect(formatted(text)).toBe(text);
  });

  it('is coloured by what each part is', () => {
    const kinds = sqlTokens(`SELECT 'it''s', "a b", $1, :x, ?, 1.5 -- end`)
      .filter(({ kind }) => kind !== 'space')
      .map(({ kind, text }) => `${kind} ${text}`);
    expect(kinds).toEqual([
      'keyword SELECT',
      "string 'it''s'",
      'name ,',
      'name "a b"',
      'name ,',
      'parameter $1',
      'name ,',
      'parameter :x',
      'name ,',
      'parameter ?',
      'name ,',
      'number 1.5',
      'comment -- end',
    ]);
  });

  it('loses no character of any text', () => {
    const seed = 20261;
    const random = seededRandom(seed);
    const pieces = [
      "'",
      '"',
      '`',
      '$',
      '$$',
      '(',
      ')',
      'select',
      ' ',
      '\n',
      '--',
      '/*',
      '*/',
      '1',
      'é',
      '[',
      ':a',
      '?',
      '\\',
    ];
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 30 }, () => pieces[random.below(pieces.length)]).join('');
      expect(
        sqlTokens(text)
          .map((token) => token.text)
          .join(''),
        `seed ${seed}, ${text}`,
      ).toBe(text);
    }
  });
});

describe('an editor', () => {
  const place = (file: string, fn = '') => ({ file, fn, line: 12, column: 0 });
  const open = (file: string, paths = '', id = 'vscode', fn = '') =>
    editorTarget(
      place(file, fn),
      EDITORS.find((editor) => editor.id === id)?.template ?? id,
      parsePathRules(paths),
    );

  it.each(EDITORS)('opens a file by an address that the desktop accepts: $label', ({ id }) => {
    const target = open('/app/a b/#1.ts', '', id);
    expect(target.type).toBe('address');
    expect(target.type === 'address' && editorAddress(target.url)).toBe(
      target.type === 'address' && target.url,
    );
    expect(target.type === 'address' && target.url).toContain('/app/a%20b/%231.ts');
  });

  it('finds the file of addresses, of Windows paths and of Java packages', () => {
    const urls = [
      open('file:///app/src/a%20b.ts'),
      open('C:\\src\\Basket.cs'),
      open('http://localhost:5173/src/basket.js?t=1', '. => /home/ada/web'),
      open('Orders.java', '. => /home/ada/src/main/java/', 'vscode', 'dev.bakery.Orders.place'),
      open('./src/oven.rs', '. => /home/ada/oven'),
    ].map((target) => (target.type === 'address' ? target.url : target.type));
    expect(urls).toEqual([
      'vscode://file/app/src/a%20b.ts:12:1',
      'vscode://file/C:/src/Basket.cs:12:1',
      'vscode://file/home/ada/web/src/basket.js:12:1',
      'vscode://file/home/ada/src/main/java/dev/bakery/Orders.java:12:1',
      'vscode://file/home/ada/oven/src/oven.rs:12:1',
    ]);
  });

  it('maps the longest prefix, at whole folders', () => {
    const rules = '/app => /home/ada\n/app/vendor => /opt/vendor';
    expect(open('/app/vendor/a.php', rules)).toMatchObject({
      url: 'vscode://file/opt/vendor/a.php:12:1',
    });
    expect(open('/application/a.php', rules)).toMatchObject({
      url: 'vscode://file/application/a.php:12:1',
    });
  });

  it('asks for a mapping of relative paths, and has nothing for the runtime', () => {
    expect(open('src/oven.rs')).toEqual({ type: 'unmapped', path: 'src/oven.rs' });
    expect(open('node:net').type).toBe('none');
    expect(open('<anonymous>').type).toBe('none');
  });

  it('fills a command with quoted words', () => {
    const target = open("/a/it's $(x).py", '', 'nvim +{line} {path}');
    expect(target).toEqual({ type: 'command', command: "nvim +12 '/a/it'\\''s $(x).py'" });
  });

  it('never makes an address of another scheme out of a template', () => {
    for (const template of [
      'javascript:alert({line})',
      'file://{path}',
      'http://evil/{path}',
      'ms-msdt:/id{path}',
    ]) {
      expect(open('/a.ts', '', template).type, template).toBe('none');
    }
  });

  it('is refused everything but opening a file on this computer', () => {
    for (const url of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'https://example.com/',
      'vscode://vscode.git/clone?url=x',
      'vscode://ms-vsonline.vsonline/open',
      'vscode://file//host/share/x',
      'vscode://file/%2Fhost/share/x',
      'vscode://file/%5C%5Chost/share',
      'vscode://file@evil/x',
      'idea://open?file=//host/share',
      'subl://open?url=file:////host/share',
      'subl://open?url=file://host/share',
      'VSCODE://file/x',
      'vscode://file/a b',
      'vscode://file/%zz',
      '__proto__://file/x',
      `vscode://file/${'a'.repeat(9000)}`,
    ]) {
      expect(editorAddress(url), url).toBeNull();
    }
    expect(Object.keys(EDITOR_HOSTS).length).toBeGreaterThan(10);
  });
});

describe('a copied span', () => {
  const span = spanOf({
    status: 2,
    attributes: { 'a|b': 'one\ntwo `x`', big: 9007199254740993, __proto__x: true },
    events: [
      {
        name: 'exception',
        attributes: {
          'exception.type': 'E',
          'exception.message': '<b>',
          'exception.stacktrace': '```\nat x',
        },
      },
    ],
  });

  it('is an OTLP request with its resource and scope', () => {
    const request = JSON.parse(spanAsOtlp(span)) as {
      resourceSpans: { resource: { attributes: unknown[] }; scopeSpans: { spans: unknown[] }[] }[];
    };
    expect(request.resourceSpans[0]?.resource.attributes[0]).toEqual({
      key: 'service.name',
      value: { stringValue: 'shop' },
    });
    expect(request.resourceSpans[0]?.scopeSpans[0]?.spans).toEqual([{ name: 'work' }]);
  });

  it('is JSON with attributes by their keys', () => {
    expect(JSON.parse(spanAsJson(span))).toMatchObject({
      name: 'work',
      attributes: { 'a|b': 'one\ntwo `x`' },
      resource: { 'service.name': 'shop' },
    });
  });

  it('is Markdown in which nothing of the span is markup', () => {
    const text = spanAsMarkdown(span, readMeaning(span, []), 'http://localhost/#/trace/1');
    expect(text).toContain('| a\\|b | one two \\`x\\` |');
    expect(text).toContain('**E**: \\<b\\>');
    expect(text).toContain('````\n```\nat x\n````');
  });
});

describe('attributes of a span', () => {
  it('show a value once that came under its current and its retired name', () => {
    const { listed, repeated } = listAttributes(
      toAttributes({ 'http.request.method': 'GET', 'http.method': 'GET', 'http.url': 'http://a' }),
    );
    expect(listed.map(({ attribute, current }) => [attribute.key, current])).toEqual([
      ['http.request.method', ''],
      ['http.url', 'url.full'],
    ]);
    expect(repeated.map(({ attribute }) => attribute.key)).toEqual(['http.method']);
  });

  it('keep both names when their values differ, and mark keys that came twice', () => {
    const { listed } = listAttributes([
      { key: 'db.system', value: toValue('mysql') },
      { key: 'db.system.name', value: toValue('mariadb') },
      { key: 'x', value: toValue(1) },
      { key: 'x', value: toValue(2) },
    ]);
    expect(listed.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, true, true]);
  });

  it('name what took the place of names that were split, joined or dropped, by the side of the call', () => {
    const currentOf = (kind: number): string[] =>
      listAttributes(
        toAttributes({ 'net.peer.name': 'a', 'http.target': '/b', 'db.user': 'c', note: 'd' }),
        kind,
      ).listed.map(({ current }) => current);
    expect(currentOf(3)).toEqual(['server.address', 'url.path and url.query', 'none', '']);
    expect(currentOf(2)[0]).toBe('client.address');
  });
});

describe('names of functions', () => {
  it.each([
    ['dev.bakery.inventory.ReservationService.reserve', 'ReservationService.reserve'],
    ['github.com/bakery/internal/orders.(*Store).Persist', 'orders.(*Store).Persist'],
    ['bakery_oven::oven::Oven::heat', 'Oven::heat'],
    ['Bakery.Orders.Basket.Validate(IReadOnlyList`1 lines)', 'Basket.Validate'],
    ['Bakery.Orders.OrderService.<PlaceAsync>d__4.MoveNext()', 'OrderService.PlaceAsync'],
    ['TCPConnectWrap.afterConnect [as oncomplete]', 'TCPConnectWrap.afterConnect [as oncomplete]'],
    ['App\\Receipt->render', 'App\\Receipt->render'],
    ['', '<anonymous>'],
  ])('are short: %s', (fn, short) => {
    expect(shortFunction({ fn })).toBe(short);
  });
});

describe('the strip of peers', () => {
  const peers = {
    count: 100,
    measured: 100,
    minNs: 0,
    maxNs: 100,
    medianNs: 50,
    p95Ns: 95,
    shorter: 0.93,
    scale: 'linear' as const,
    bins: [50, 0, 1, 49],
  };

  it('says in words where the span stands', () => {
    expect(peerWords(peers)).toBe('Slower than 93% of them.');
    expect(peerWords({ ...peers, shorter: 0.2 })).toBe('Faster than 79% of them.');
    expect(peerWords({ ...peers, shorter: 0.99 })).toBe('The slowest of them.');
    expect(peerWords({ ...peers, shorter: 0 })).toBe('The fastest of them.');
    expect(peerWords({ ...peers, maxNs: peers.minNs })).toBe('All of them took as long.');
  });

  it('puts every duration into a bin, and shows a bin with one peer', () => {
    expect([-5, 0, 26, 100, 900].map((ns) => peerBin(peers, ns))).toEqual([0, 0, 1, 3, 3]);
    expect(peers.bins.map((count) => peerHeight(peers, count, 36))).toEqual([36, 0, 2, 35]);
  });
});
