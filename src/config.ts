import { thinkModes } from "~/chat/chat.ts";
import { dialects } from "~/upstreams/upstream.ts";
import { httpUrl, networks, origins, proxyUrl } from "./config/addresses.ts";
import {
  byteCount,
  headerList,
  oneOf,
  password,
  pathPrefix,
  seconds,
  secret,
  span,
  timeZone,
  wholeNumber,
  words,
  yesOrNo,
} from "./config/kinds.ts";
import { inFlightLimits, modelAliases, modelChains } from "./config/models.ts";
import { type Setting, setting, type ValueOf } from "./config/setting.ts";
import type { UpstreamChoice } from "./upstreams/choose.ts";

/**
 * Every setting that zgate has, once: the type, the docs, `.env.example` and the start-up table follow from here.
 * An alias is the name that an older system gave it. All numbers of seconds become milliseconds.
 */
export const settingsTable = {
  port: setting({
    name: "PORT",
    aliases: ["ZAI_PORT"],
    kind: wholeNumber(0, 65535),
    default: "9090",
    group: "door",
    means: { en: "Port to listen on; 0 takes a free one.", zh: "监听端口；0 表示任选一个空闲端口。" },
  }),
  host: setting({
    name: "HOST",
    aliases: [],
    kind: words({ en: "an address or a host name", zh: "IP 地址或主机名" }, /^[A-Za-z0-9.:_-]{1,253}$/),
    default: "127.0.0.1",
    group: "door",
    means: {
      en: "Address to listen on. 127.0.0.1: only this machine reaches zgate. 0.0.0.0: every network of this machine (set in the image).",
      zh: "监听地址。127.0.0.1 只有本机能访问；0.0.0.0 所有网络都能访问（镜像中已设置）。",
    },
  }),
  tlsCert: setting({
    name: "TLS_CERT",
    aliases: [],
    kind: words({ en: "a file", zh: "文件路径" }, /^[^\0]{1,4096}$/),
    default: null,
    unset: { en: "plain HTTP: TLS is left to a proxy", zh: "纯 HTTP，TLS 交给反向代理" },
    group: "door",
    means: {
      en: "File of a certificate (PEM, with the intermediate ones), to speak HTTPS without a proxy. A new one is taken up within a minute.",
      zh: "证书文件（PEM，含中间证书），无需反向代理即可提供 HTTPS。证书更新后一分钟内生效。",
    },
  }),
  tlsKey: setting({
    name: "TLS_KEY",
    aliases: [],
    kind: words({ en: "a file", zh: "文件路径" }, /^[^\0]{1,4096}$/),
    default: null,
    unset: { en: "plain HTTP", zh: "纯 HTTP" },
    group: "door",
    means: { en: "File of the private key of TLS_CERT (PEM).", zh: "TLS_CERT 的私钥文件（PEM）。" },
  }),
  dataDir: setting({
    name: "DATA_DIR",
    aliases: [],
    kind: words({ en: "a folder", zh: "文件夹路径" }, /^[^\0]{1,4096}$/),
    default: "./data",
    group: "door",
    means: {
      en: "Folder of the database (zgate.db) and the master secret (secret.key). One process at a time.",
      zh: "数据库（zgate.db）和主密钥（secret.key）所在的文件夹，同一时间只能由一个进程使用。",
    },
  }),
  timezone: setting({
    name: "TZ",
    aliases: [],
    kind: timeZone,
    default: null,
    unset: { en: "the machine's", zh: "本机时区" },
    group: "door",
    means: { en: "Time zone of days and hours on the dashboard.", zh: "面板上日期与时间所用的时区。" },
  }),
  trustedProxies: setting({
    name: "TRUSTED_PROXIES",
    aliases: [],
    kind: networks,
    default: null,
    unset: { en: "nobody", zh: "不信任任何代理" },
    group: "door",
    means: {
      en: "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Behind nginx on the same machine: loopback.",
      zh: "可信的反向代理，采信其 X-Forwarded-For 与 X-Forwarded-Proto。nginx 在同一台机器上时写 loopback。",
    },
  }),
  basePath: setting({
    name: "BASE_PATH",
    aliases: [],
    kind: pathPrefix,
    default: null,
    unset: { en: "zgate has the whole host", zh: "独占整个域名" },
    group: "door",
    means: {
      en: "Path below which a proxy shows zgate: /zgate. The proxy may cut it off or pass it on; links carry it.",
      zh: "反向代理将 zgate 放在哪个路径之下，如 /zgate。代理去掉或保留该前缀均可，页面链接会带上它。",
    },
  }),
  shutdownMs: setting({
    name: "SHUTDOWN_TIMEOUT",
    aliases: [],
    kind: seconds(0, 3_600),
    default: "10",
    group: "door",
    means: {
      en: "How long running answers may go on after SIGTERM; the rest then end with an error. A second signal does not wait.",
      zh: "收到 SIGTERM 后，进行中的回答最多还能继续多久，之后以错误结束。再发一次信号则不再等待。",
    },
  }),
  corsOrigins: setting({
    name: "CORS_ORIGINS",
    aliases: ["ZAI_CORS_ORIGINS"],
    kind: origins,
    default: "*",
    unset: { en: "* while keys are checked, none while they are not", zh: "校验密钥时为 *，不校验时为 none" },
    group: "door",
    means: {
      en: "Web pages of which origins may call /v1 from a browser. While keys are not checked, all other pages are refused. * never goes together with credentials; the dashboard is never open to other origins.",
      zh: "允许哪些来源的网页从浏览器调用 /v1。不校验密钥时，其他来源的网页一律拒绝。* 从不与凭据同用；面板从不向其他来源开放。",
    },
  }),
  maxBodyBytes: setting({
    name: "MAX_BODY_SIZE",
    aliases: [],
    kind: byteCount(1024, 1024 ** 3),
    default: "32MB",
    group: "door",
    means: { en: "Largest request body; a larger one is a 413.", zh: "请求体的最大体积，超出返回 413。" },
  }),

  defaultKey: setting({
    name: "DEFAULT_KEY",
    aliases: ["ZAI_API_KEY"],
    kind: secret(20, 512, {
      en: "This makes a good one: openssl rand -hex 32",
      zh: "可用此命令生成：openssl rand -hex 32",
    }),
    default: null,
    unset: { en: "made at the first start", zh: "首次启动时自动生成" },
    secret: true,
    group: "keys",
    means: {
      en: "Client key named default, for every API. A new value at a later start replaces the old one at once.",
      zh: "名为 default 的客户端密钥，所有 API 通用。以后启动时换了新值，旧值立即失效。",
    },
  }),
  apiKeyEnabled: setting({
    name: "API_KEY_ENABLED",
    aliases: ["ZAI_API_KEY_ENABLED"],
    kind: yesOrNo,
    default: "true",
    group: "keys",
    means: {
      en: "Off: requests without a key are served, under the built-in key open. The dashboard still needs sign-in.",
      zh: "关闭后，不带密钥的请求也会被处理，记在内置密钥 open 名下。面板仍需登录。",
    },
  }),
  openToAll: setting({
    name: "OPEN_TO_ALL",
    aliases: [],
    kind: oneOf(["yes-i-know"]),
    default: null,
    unset: { en: "not allowed", zh: "不允许" },
    group: "keys",
    means: {
      en: "The second word that API_KEY_ENABLED=false needs where HOST is more than this machine: anybody who reaches the port can spend your quota.",
      zh: "当 HOST 不限于本机时，API_KEY_ENABLED=false 还需要这第二次确认：任何能访问该端口的人都能消耗你的额度。",
    },
  }),
  modelsPublic: setting({
    name: "MODELS_PUBLIC",
    aliases: [],
    kind: yesOrNo,
    default: "true",
    group: "keys",
    means: {
      en: "GET /v1/models answers without a key (names only).",
      zh: "GET /v1/models 无需密钥即可访问（仅列出名称）。",
    },
  }),
  keyPrefix: setting({
    name: "KEY_PREFIX",
    aliases: [],
    kind: words(
      { en: "2 to 20 letters, digits and dashes", zh: "2 到 20 个字母、数字或横线" },
      /^[A-Za-z][A-Za-z0-9-]{0,18}[A-Za-z0-9]$/,
    ),
    default: "sk-zg",
    group: "keys",
    means: { en: "What keys made by zgate begin with.", zh: "zgate 生成的密钥的前缀。" },
  }),
  adminPassword: setting({
    name: "ADMIN_PASSWORD",
    aliases: [],
    kind: password(8),
    default: null,
    unset: { en: "made at the first start", zh: "首次启动时自动生成" },
    secret: true,
    group: "keys",
    means: {
      en: "Password of the dashboard. A changed one takes effect at the next start.",
      zh: "面板密码。修改后下次启动生效。",
    },
  }),
  zgateSecret: setting({
    name: "ZGATE_SECRET",
    aliases: [],
    kind: secret(32, 1024, {
      en: "This makes a good one: openssl rand -hex 32",
      zh: "可用此命令生成：openssl rand -hex 32",
    }),
    default: null,
    unset: { en: "DATA_DIR/secret.key, made at the first start", zh: "DATA_DIR/secret.key，首次启动时生成" },
    secret: true,
    group: "keys",
    means: {
      en: "Master secret under which keys are stored. Keep a copy: without it the stored keys are worth nothing.",
      zh: "保存密钥所用的主密钥。请自行备份：丢失后已存的密钥全部作废。",
    },
  }),
  refusalRowsPerAddress: setting({
    name: "REFUSAL_ROWS_PER_ADDRESS",
    aliases: [],
    kind: wholeNumber(1, 100_000),
    default: "30",
    group: "keys",
    means: {
      en: "Refused requests a minute from one address (IPv6: one /64) that get a row each; those beyond share one that counts them.",
      zh: "同一地址（IPv6 按 /64）每分钟被拒请求中各记一行的数量；超出部分合并为一行并计数。",
    },
  }),
  refusalRowsTotal: setting({
    name: "REFUSAL_ROWS_TOTAL",
    aliases: [],
    kind: wholeNumber(1, 1_000_000),
    default: "300",
    group: "keys",
    means: { en: "The same for all addresses together.", zh: "同上，针对所有地址合计。" },
  }),
  addressRequestsPerMinute: setting({
    name: "ADDRESS_REQUESTS_PER_MINUTE",
    aliases: [],
    kind: wholeNumber(1, 1_000_000),
    default: null,
    unset: { en: "no limit", zh: "不限制" },
    group: "keys",
    means: {
      en: "Requests a minute from one address (IPv6: one /64), with any key or none; more are a 429.",
      zh: "同一地址（IPv6 按 /64）每分钟的请求数上限，无论用哪个密钥或不用；超出返回 429。",
    },
  }),

  upstreamUrl: setting({
    name: "UPSTREAM_URL",
    aliases: ["ZAI_API_BASE"],
    kind: httpUrl,
    default: null,
    unset: {
      en: "the official API for a token of the form id.secret, else chat.z.ai",
      zh: "令牌形如 id.secret 时用官方 API，否则用 chat.z.ai",
    },
    group: "upstream",
    means: {
      en: "Where requests go: a base (https://api.z.ai/api/paas/v4) or the full completions address.",
      zh: "请求发往何处：基础地址（https://api.z.ai/api/paas/v4）或完整的 completions 地址。",
    },
  }),
  upstreamDialect: setting({
    name: "UPSTREAM_DIALECT",
    aliases: [],
    kind: oneOf(["auto", ...dialects]),
    default: "auto",
    group: "upstream",
    means: {
      en: "What is spoken there: zai is the official API, zai-web is chat.z.ai, openai is plain Chat Completions; auto tells by the address.",
      zh: "上游协议：zai 为官方 API，zai-web 为 chat.z.ai，openai 为通用 Chat Completions；auto 按地址判断。",
    },
  }),
  zaiToken: setting({
    name: "ZAI_TOKEN",
    aliases: ["ZAI_UPSTREAM_TOKEN"],
    kind: secret(8, 8192, {
      en: "Make an API key at https://z.ai/manage-apikey/apikey-list, or leave the line empty",
      zh: "请在 https://z.ai/manage-apikey/apikey-list 创建 API Key，或将该行留空",
    }),
    default: null,
    unset: { en: "chat.z.ai guests", zh: "使用 chat.z.ai 匿名身份" },
    secret: true,
    group: "upstream",
    means: {
      en: "What zgate shows the upstream. Always used first; images, video, documents and audio need one.",
      zh: "发给上游的令牌，总是优先使用；图像、视频、文档、音频必须有令牌。",
    },
  }),
  anonTokenEnabled: setting({
    name: "ANON_TOKEN_ENABLED",
    aliases: ["ZAI_ANON_TOKEN_ENABLED"],
    kind: yesOrNo,
    default: "true",
    group: "upstream",
    means: {
      en: "chat.z.ai only: whether guest tokens may be used when there is no token, or when it is refused.",
      zh: "仅用于 chat.z.ai：没有令牌或令牌被拒时，是否可以使用匿名令牌。",
    },
  }),
  guestTokenTtlMs: setting({
    name: "AUTH_TOKEN_CACHE_TTL",
    aliases: ["ZAI_AUTH_TOKEN_CACHE_TTL"],
    kind: seconds(0, 86_400),
    default: "600",
    group: "upstream",
    means: {
      en: "How long a guest token is used; 0 takes a new one for each request.",
      zh: "匿名令牌的使用时长；0 表示每个请求都取新的。",
    },
  }),

  upstreamProxy: setting({
    name: "UPSTREAM_PROXY",
    aliases: [],
    kind: proxyUrl,
    default: null,
    unset: { en: "none; HTTP_PROXY and its kin are not read", zh: "不使用代理；不读取 HTTP_PROXY 等变量" },
    secret: true,
    group: "upstream",
    means: {
      en: "HTTP proxy (CONNECT) through which every upstream is called: http://host:3128, or http://user:password@host:3128. No SOCKS.",
      zh: "访问所有上游所经的 HTTP 代理（CONNECT）：http://host:3128 或 http://user:password@host:3128。不支持 SOCKS。",
    },
  }),
  upstreamInFlight: setting({
    name: "UPSTREAM_IN_FLIGHT",
    aliases: [],
    kind: inFlightLimits,
    default: null,
    unset: { en: "no limit", zh: "不限制" },
    group: "upstream",
    means: {
      en: "Requests in flight at a time for each model, as the upstream allows your account: 3, or glm-4.7=1,glm-4.5-air=5,*=3. More wait in a line that serves the client keys in turn, for QUEUE_TIMEOUT at most.",
      zh: "按上游对你账户的限制，每个模型同时进行的请求数：3，或 glm-4.7=1,glm-4.5-air=5,*=3。超出的排队，各客户端密钥轮流，最久 QUEUE_TIMEOUT。",
    },
  }),
  retryBudgetMs: setting({
    name: "RETRY_BUDGET",
    aliases: [],
    kind: seconds(0, 600),
    default: "30",
    group: "upstream",
    means: {
      en: "Longest time in which one request is tried again where that may help (overload, concurrency, a broken connection), and only before its first word. 0: only a refused credential is replaced.",
      zh: "单个请求可重试的最长时间：仅限重试可能有用的情况（过载、并发限制、连接中断），且必须在首个内容发出之前。0 表示只更换被拒的凭据。",
    },
  }),
  breakerFailures: setting({
    name: "BREAKER_FAILURES",
    aliases: [],
    kind: wholeNumber(0, 10_000),
    default: "5",
    group: "upstream",
    means: {
      en: "Failures within 30 seconds, half of all tries or more, after which a credential rests for that model; then one request probes it. 0 never rests.",
      zh: "30 秒内失败达到此数且占一半以上时，该凭据对该模型暂停使用，之后由一个请求试探。0 表示从不暂停。",
    },
  }),
  modelAliases: setting({
    name: "MODEL_ALIASES",
    aliases: [],
    kind: modelAliases,
    default: null,
    unset: { en: "only the names that zgate knows by itself", zh: "仅内置的名称" },
    group: "models",
    means: {
      en: "Further names of models, on every API: gpt-4o=glm-4.7,claude-*=glm-5. The first that fits counts, before the names that zgate knows by itself; those without * are listed.",
      zh: "模型的其他名称，对所有 API 有效：gpt-4o=glm-4.7,claude-*=glm-5。以第一个匹配的为准，优先于内置名称；不含 * 的会列在模型列表中。",
    },
  }),
  modelFailover: setting({
    name: "MODEL_FAILOVER",
    aliases: [],
    kind: modelChains,
    default: null,
    unset: { en: "a model that fails is not replaced", zh: "模型失败时不换用其他模型" },
    group: "upstream",
    means: {
      en: "Models that answer for one that cannot: glm-5>glm-4.7>glm-4.5-air; several chains separated by semicolons. The row and x-zgate-model say which one answered.",
      zh: "某模型无法回答时依次换用：glm-5>glm-4.7>glm-4.5-air；多条链用分号分隔。记录和 x-zgate-model 响应头会注明实际模型。",
    },
  }),
  allowPrivateUpstreams: setting({
    name: "ALLOW_PRIVATE_UPSTREAMS",
    aliases: [],
    kind: yesOrNo,
    default: "false",
    group: "upstream",
    means: {
      en: "Whether upstreams that are added on the dashboard or by the admin API may lie in a private network. UPSTREAM_URL and the command line always may.",
      zh: "通过面板或管理 API 添加的上游是否可以位于私有网络。UPSTREAM_URL 和命令行不受此限。",
    },
  }),

  modelName: setting({
    name: "MODEL_NAME",
    aliases: ["ZAI_MODEL_NAME"],
    kind: words(
      { en: "a name of at most 200 characters without spaces", zh: "不超过 200 个字符、不含空格的名称" },
      /^\S{1,200}$/,
    ),
    default: null,
    unset: { en: "glm-4.7, or GLM-4.5 over chat.z.ai", zh: "glm-4.7；经 chat.z.ai 时为 GLM-4.5" },
    group: "models",
    means: {
      en: "A known model: used when a request names none. Any other string: a public name of GLM-4.5, listed and accepted as well.",
      zh: "已知模型：请求未指定模型时使用。其他字符串：作为 GLM-4.5 的对外名称，会被列出并接受。",
    },
  }),
  modelFallback: setting({
    name: "MODEL_FALLBACK",
    aliases: [],
    kind: words(
      { en: "a name of at most 200 characters without spaces", zh: "不超过 200 个字符、不含空格的名称" },
      /^\S{1,200}$/,
    ),
    default: null,
    unset: { en: "an unknown model is a 404", zh: "未知模型返回 404" },
    group: "models",
    means: { en: "Model that answers for names nobody knows.", zh: "请求了未知模型时，由该模型回答。" },
  }),
  defaultStream: setting({
    name: "DEFAULT_STREAM",
    aliases: [],
    kind: yesOrNo,
    default: "false",
    group: "models",
    means: {
      en: "Whether to stream when a request does not say. ZtoApi streamed; OpenAI, and zgate unless told, do not.",
      zh: "请求未指明时是否流式返回。ZtoApi 默认流式；OpenAI 和 zgate 默认不流式。",
    },
  }),
  thinkTagsMode: setting({
    name: "THINK_TAGS_MODE",
    aliases: ["ZAI_THINK_TAGS_MODE"],
    kind: oneOf(thinkModes),
    default: "reasoning",
    group: "models",
    means: {
      en: "How thinking reaches clients: in reasoning_content; within think tags; as a quote (pure); as the upstream wrote it (raw); without marks (strip); not at all (hide).",
      zh: "思考过程的呈现方式：reasoning 放在 reasoning_content；think 用 think 标签；pure 作引用；raw 原样；strip 去掉标记；hide 不显示。",
    },
  }),
  includeThinking: setting({
    name: "INCLUDE_THINKING",
    aliases: ["ZAI_INCLUDE_THINKING"],
    kind: yesOrNo,
    default: "true",
    group: "models",
    means: {
      en: "false hides thinking where THINK_TAGS_MODE is not set.",
      zh: "设为 false 且未设置 THINK_TAGS_MODE 时，隐藏思考过程。",
    },
  }),
  mediaDropForTextModels: setting({
    name: "MEDIA_DROP_FOR_TEXT_MODELS",
    aliases: [],
    kind: yesOrNo,
    default: "false",
    group: "models",
    means: {
      en: "Images, video, documents and audio for a text model. false: a 400 names the part. true: they are left out, and the log says so (as ZtoApi did).",
      zh: "向纯文本模型发送图像、视频、文档或音频时：false 返回 400 并指明是哪一部分；true 丢弃媒体内容并记入日志（与 ZtoApi 相同）。",
    },
  }),
  modelsCacheTtlMs: setting({
    name: "MODELS_CACHE_TTL",
    aliases: ["ZAI_MODELS_CACHE_TTL"],
    kind: seconds(0, 86_400),
    default: "300",
    group: "models",
    means: {
      en: "How long the upstream's model list is kept; 0 asks every time.",
      zh: "上游模型列表的缓存时长；0 表示每次都查询。",
    },
  }),

  requestTimeoutMs: setting({
    name: "REQUEST_TIMEOUT",
    aliases: ["ZAI_REQUEST_TIMEOUT", "ZAI_NON_STREAM_TIMEOUT"],
    kind: seconds(0.1, 86_400),
    default: "900",
    group: "limits",
    means: { en: "Longest time for a whole (not streamed) answer.", zh: "非流式回答的总时限。" },
  }),
  streamTimeoutMs: setting({
    name: "STREAM_TIMEOUT",
    aliases: ["ZAI_STREAM_TIMEOUT"],
    kind: seconds(0.1, 86_400),
    default: "300",
    group: "limits",
    means: {
      en: "Longest silence of the upstream between two pieces of a stream. A stream that keeps talking has no limit.",
      zh: "流式回答中上游两段数据之间的最长静默。持续有数据的流不受限制。",
    },
  }),
  headersTimeoutMs: setting({
    name: "HEADERS_TIMEOUT",
    aliases: [],
    kind: seconds(0.1, 86_400),
    default: "120",
    group: "limits",
    means: {
      en: "Longest time for connecting and for the head of a streamed answer.",
      zh: "建立连接并收到流式回答响应头的最长时间。",
    },
  }),
  multimodalTimeoutMs: setting({
    name: "MULTIMODAL_TIMEOUT",
    aliases: ["ZAI_MULTIMODAL_TIMEOUT"],
    kind: seconds(0.1, 86_400),
    default: "300",
    group: "limits",
    means: {
      en: "The least that HEADERS_TIMEOUT (streamed) and REQUEST_TIMEOUT (whole answers) allow when a request carries images, video, documents or audio.",
      zh: "请求带有图像、视频、文档或音频时，HEADERS_TIMEOUT（流式）与 REQUEST_TIMEOUT（非流式）至少放宽到此值。",
    },
  }),
  maxRequestsInFlight: setting({
    name: "MAX_CONCURRENT_REQUESTS",
    aliases: ["ZAI_MAX_CONCURRENT_REQUESTS"],
    kind: wholeNumber(1, 100_000),
    default: "1000",
    group: "limits",
    means: {
      en: "Requests in flight at a time; more wait for a place.",
      zh: "同时处理的请求数；超出的请求排队等候。",
    },
  }),
  maxRequestsQueued: setting({
    name: "MAX_QUEUED_REQUESTS",
    aliases: [],
    kind: wholeNumber(0, 1_000_000),
    default: "1000",
    group: "limits",
    means: {
      en: "Requests that may wait for a place at a time; those beyond get their 429 at once.",
      zh: "同时排队的请求数上限；超出的立即返回 429。",
    },
  }),
  queueTimeoutMs: setting({
    name: "QUEUE_TIMEOUT",
    aliases: [],
    kind: seconds(0, 3_600),
    default: "30",
    group: "limits",
    means: {
      en: "Longest wait for a place; then a 429 with Retry-After. 0 does not wait.",
      zh: "排队的最长时间，之后返回带 Retry-After 的 429。0 表示不排队。",
    },
  }),
  firstFrameHoldMs: setting({
    name: "FIRST_FRAME_HOLD",
    aliases: [],
    kind: seconds(0, 300),
    default: "15",
    group: "limits",
    means: {
      en: "How long a stream's 200 waits for the first words, so that an error gets its real status.",
      zh: "流式回答的 200 最多等待首个内容多久，以便出错时返回真实状态码。",
    },
  }),
  pingMs: setting({
    name: "SSE_HEARTBEAT_SECONDS",
    aliases: ["ZAI_SSE_HEARTBEAT_SECONDS"],
    kind: seconds(0.1, 300),
    default: "15",
    group: "limits",
    means: {
      en: "How often a silent stream carries a comment that keeps it open.",
      zh: "流静默时多久发送一次保活注释。",
    },
  }),
  cacheDefaultTtlMs: setting({
    name: "CACHE_DEFAULT_TTL",
    aliases: ["ZAI_CACHE_DEFAULT_TTL"],
    kind: seconds(0, 86_400),
    default: "21600",
    group: "limits",
    means: {
      en: "How long an entry of an in-memory cache lives that has no setting of its own: a response that previous_response_id may go on with.",
      zh: "没有单独设置的内存缓存条目的存活时间：可供 previous_response_id 继续的响应。",
    },
  }),
  cacheMaxSize: setting({
    name: "CACHE_MAX_SIZE",
    aliases: ["ZAI_CACHE_MAX_SIZE"],
    kind: wholeNumber(1, 1_000_000),
    default: "1000",
    group: "limits",
    means: {
      en: "Most entries of an in-memory cache: responses kept for each key, and model names learnt from the upstream.",
      zh: "每个内存缓存的最大条目数：每个密钥保留的响应，以及从上游得知的模型名称。",
    },
  }),
  contentCacheTtlMs: setting({
    name: "CONTENT_CACHE_TTL",
    aliases: ["ZAI_CONTENT_CACHE_TTL"],
    kind: seconds(0, 86_400),
    default: "3600",
    group: "limits",
    means: {
      en: "Accepted, without effect: zgate keeps no answers, so there is nothing to cache.",
      zh: "可以设置，但没有作用：zgate 不保存回答内容，无可缓存。",
    },
  }),

  durability: setting({
    name: "DURABILITY",
    aliases: [],
    kind: oneOf(["ack", "async"]),
    default: "ack",
    group: "storage",
    means: {
      en: "ack: the last byte of an answer leaves when its row is on disk. async: it does not wait; a power cut may cost the last rows.",
      zh: "ack：记录落盘后才发出回答的最后一个字节。async：不等待，断电可能丢失最后几行记录。",
    },
  }),
  onStorageFailure: setting({
    name: "ON_STORAGE_FAILURE",
    aliases: [],
    kind: oneOf(["refuse", "continue"]),
    default: "refuse",
    group: "storage",
    means: {
      en: "When the disk fails. refuse: 503 until it works again. continue: answer, keep records in bounded memory, show the gap.",
      zh: "磁盘故障时：refuse 返回 503 直到恢复；continue 继续回答，记录暂存于有限内存，并显示缺口。",
    },
  }),
  backupEveryMs: setting({
    name: "BACKUP_EVERY",
    aliases: [],
    kind: span(3_600_000, 90 * 86_400_000),
    default: null,
    unset: { en: "no backups by itself; zgate backup makes one", zh: "不自动备份；可用 zgate backup 手动备份" },
    group: "storage",
    means: {
      en: "How often the running server writes a checked backup of its database: 24h. The master secret is not in it.",
      zh: "运行中的服务多久写一份经过校验的数据库备份，如 24h。备份中不含主密钥。",
    },
  }),
  backupKeep: setting({
    name: "BACKUP_KEEP",
    aliases: [],
    kind: wholeNumber(1, 1_000),
    default: "7",
    group: "storage",
    means: {
      en: "Scheduled backups that are kept; older ones are deleted. Those made by hand stay.",
      zh: "保留的自动备份份数，更早的会被删除。手动备份不受影响。",
    },
  }),
  backupDir: setting({
    name: "BACKUP_DIR",
    aliases: [],
    kind: words({ en: "a folder", zh: "文件夹路径" }, /^[^\0]{1,4096}$/),
    default: null,
    unset: { en: "DATA_DIR/backups", zh: "DATA_DIR/backups" },
    group: "storage",
    means: {
      en: "Folder of the backups. Another disk is better than this one.",
      zh: "备份所在的文件夹。最好放在另一块磁盘上。",
    },
  }),

  retentionDays: setting({
    name: "RETENTION_DAYS",
    aliases: [],
    kind: wholeNumber(0, 36_500),
    default: "90",
    group: "storage",
    means: {
      en: "Days that rows of requests are kept; 0 keeps all. Their sums by the day stay for ever, by the hour for 13 months.",
      zh: "请求记录保留的天数，0 表示全部保留。按天的汇总永久保留，按小时的保留 13 个月。",
    },
  }),
  retentionMaxBytes: setting({
    name: "RETENTION_MAX_SIZE",
    aliases: [],
    kind: byteCount(1024 ** 2, 1024 ** 5),
    default: null,
    unset: { en: "no bound", zh: "不限" },
    group: "storage",
    means: {
      en: "Size of the database (5GB) beyond which kept bodies give way, then the oldest days of rows, but never today and yesterday.",
      zh: "数据库大小上限（如 5GB）。超过时先删除保存的对话内容，再删除最旧日期的记录，今天和昨天的除外。",
    },
  }),

  captureAllowed: setting({
    name: "CAPTURE_ALLOWED",
    aliases: [],
    kind: yesOrNo,
    default: "true",
    group: "storage",
    means: {
      en: "Whether the bodies of a key's requests and answers may be kept. Nothing is until a key is switched to it; false: no key can be.",
      zh: "是否允许保存某个密钥的请求体与应答体。只有对密钥单独开启后才会保存；设为 false 则任何密钥都不能开启。",
    },
  }),
  captureBodyBytes: setting({
    name: "CAPTURE_MAX_SIZE",
    aliases: [],
    kind: byteCount(1024, 4 * 1024 ** 2),
    default: "64KB",
    group: "storage",
    means: {
      en: "How much of each kept body stays, before compression; the page says where one was cut.",
      zh: "每个被保存的请求体或应答体最多保留多少（压缩前）；被截断时页面会注明。",
    },
  }),
  captureTotalBytes: setting({
    name: "CAPTURE_TOTAL_SIZE",
    aliases: [],
    kind: byteCount(1024 ** 2, 1024 ** 4),
    default: "1GB",
    group: "storage",
    means: {
      en: "What all kept bodies may take on the disk, compressed; beyond it the oldest give way at once.",
      zh: "所有被保存内容在磁盘上的总上限（压缩后）；超出时立即删除最旧的。",
    },
  }),
  captureDays: setting({
    name: "CAPTURE_DAYS",
    aliases: [],
    kind: wholeNumber(1, 3_650),
    default: "7",
    group: "storage",
    means: {
      en: "Days that bodies are kept, and never longer than the rows of their requests.",
      zh: "请求体与应答体保留的天数，且不会超过对应请求记录的保留期。",
    },
  }),

  dashboardEnabled: setting({
    name: "DASHBOARD_ENABLED",
    aliases: [],
    kind: yesOrNo,
    default: "true",
    group: "watching",
    means: {
      en: "false: no pages, no reader thread, no timers; rows are written as before.",
      zh: "false：没有页面、读取线程和定时器；记录照常写入。",
    },
  }),
  alertWebhookUrl: setting({
    name: "ALERT_WEBHOOK_URL",
    aliases: [],
    kind: httpUrl,
    default: null,
    unset: { en: "alerts show on the dashboard only", zh: "告警只显示在面板上" },
    group: "watching",
    means: {
      en: "Where alerts go as JSON, when they begin and when they end. What begins one: GET /admin/api/alerts.",
      zh: "告警开始和结束时，以 JSON 发送到此地址。触发条件见 GET /admin/api/alerts。",
    },
  }),
  alertWebhookSecret: setting({
    name: "ALERT_WEBHOOK_SECRET",
    aliases: [],
    kind: secret(16, 512, {
      en: "This makes a good one: openssl rand -hex 32",
      zh: "可用此命令生成：openssl rand -hex 32",
    }),
    default: null,
    unset: { en: "alerts are not signed", zh: "告警不签名" },
    secret: true,
    group: "watching",
    means: {
      en: "Signs alerts: x-zgate-signature: t=SECONDS,v1=HMAC-SHA-256 of 'SECONDS.BODY' in hex.",
      zh: "告警签名：x-zgate-signature: t=秒数,v1=对“秒数.正文”的 HMAC-SHA-256（十六进制）。",
    },
  }),
  otlpEndpoint: setting({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    aliases: [],
    kind: httpUrl,
    default: null,
    unset: { en: "no traces leave this machine", zh: "不发送追踪数据" },
    group: "watching",
    means: {
      en: "Collector of OpenTelemetry traces (OTLP over HTTP, JSON), like http://127.0.0.1:4318: a span for each request and each of its calls.",
      zh: "OpenTelemetry 追踪收集器（OTLP/HTTP，JSON），如 http://127.0.0.1:4318：每个请求及其每次上游调用各一个 span。",
    },
  }),
  otlpHeaders: setting({
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    aliases: [],
    kind: headerList,
    default: null,
    unset: { en: "none", zh: "无" },
    secret: true,
    group: "watching",
    means: {
      en: "What the collector wants to be shown: name=value, several separated by commas, values percent-encoded.",
      zh: "发送给收集器的请求头：name=value，多个以逗号分隔，值用百分号编码。",
    },
  }),
  serviceName: setting({
    name: "OTEL_SERVICE_NAME",
    aliases: [],
    kind: words({ en: "a name", zh: "名称" }, /^[^\p{Cc}]{1,200}$/u),
    default: "zgate",
    group: "watching",
    means: { en: "What this server is called in traces.", zh: "本服务在追踪数据中的名称。" },
  }),
  traceContext: setting({
    name: "TRACE_CONTEXT",
    aliases: [],
    kind: oneOf(["ignore", "accept", "pass-on"]),
    default: "ignore",
    group: "watching",
    means: {
      en: "A client's traceparent header (W3C): ignore begins a trace of our own, accept goes on with the client's, pass-on tells the upstream as well.",
      zh: "客户端的 traceparent 请求头（W3C）：ignore 自建追踪，accept 接续客户端的追踪，pass-on 还会告知上游。",
    },
  }),
  debugMode: setting({
    name: "DEBUG_MODE",
    aliases: ["ZAI_DEBUG_MODE"],
    kind: yesOrNo,
    default: "false",
    group: "watching",
    means: {
      en: "The same as LOG_LEVEL=DEBUG, where LOG_LEVEL is not set. Keys, prompts and answers are never logged.",
      zh: "未设置 LOG_LEVEL 时等同于 LOG_LEVEL=DEBUG。密钥、提示词和回答从不写入日志。",
    },
  }),
  logLevel: setting({
    name: "LOG_LEVEL",
    aliases: ["ZAI_LOG_LEVEL"],
    kind: oneOf(["debug", "info", "warning", "error", "critical"], {
      warn: "warning",
      trace: "debug",
      fatal: "critical",
    }),
    default: "info",
    group: "watching",
    means: { en: "How much is logged.", zh: "日志级别。" },
  }),
  logFormat: setting({
    name: "LOG_FORMAT",
    aliases: [],
    kind: oneOf(["auto", "json", "pretty"]),
    default: "auto",
    group: "watching",
    means: {
      en: "auto: pretty on a terminal, JSON lines elsewhere.",
      zh: "auto：终端里用易读格式，其他情况用 JSON 行。",
    },
  }),
  logFile: setting({
    name: "LOG_FILE",
    aliases: [],
    kind: words({ en: "a file", zh: "文件路径" }, /^[^\0]{1,4096}$/),
    default: null,
    unset: { en: "standard output", zh: "标准输出" },
    group: "watching",
    means: {
      en: "File that the log goes to instead of standard output; JSON lines unless LOG_FORMAT says otherwise.",
      zh: "日志写入该文件而不是标准输出；除非设置了 LOG_FORMAT，否则为 JSON 行。",
    },
  }),
  logFileBytes: setting({
    name: "LOG_FILE_SIZE",
    aliases: [],
    kind: byteCount(64 * 1024, 1024 ** 3),
    default: "10MB",
    group: "watching",
    means: {
      en: "Size at which LOG_FILE is put aside as LOG_FILE.1 and begun anew; three old ones are kept.",
      zh: "LOG_FILE 达到此大小后改名为 LOG_FILE.1 并重新开始；保留三个旧文件。",
    },
  }),
  performanceMonitoring: setting({
    name: "ENABLE_PERFORMANCE_MONITORING",
    aliases: ["ZAI_ENABLE_PERFORMANCE_MONITORING"],
    kind: yesOrNo,
    default: "true",
    group: "watching",
    means: {
      en: "false: no /metrics and no overhead header; rows are written as before.",
      zh: "false：没有 /metrics 和耗时响应头；记录照常写入。",
    },
  }),
  requestTracing: setting({
    name: "ENABLE_REQUEST_TRACING",
    aliases: ["ZAI_ENABLE_REQUEST_TRACING"],
    kind: yesOrNo,
    default: "true",
    group: "watching",
    means: {
      en: "false: no X-Request-Id header; rows are written as before.",
      zh: "false：没有 X-Request-Id 响应头；记录照常写入。",
    },
  }),
  language: setting({
    name: "LANG",
    aliases: [],
    kind: words({ en: "a locale like zh_CN.UTF-8", zh: "区域设置，如 zh_CN.UTF-8" }, /^[^\0]*$/),
    default: "en",
    group: "watching",
    means: {
      en: "Language of the start-up text: Chinese where it begins with zh, else English. LC_ALL and LC_MESSAGES go before it.",
      zh: "启动文字的语言：以 zh 开头为中文，否则为英文。LC_ALL 与 LC_MESSAGES 优先。",
    },
  }),
} satisfies Record<string, Setting<unknown>>;

type Table = typeof settingsTable;
export type SettingKey = keyof Table;
type Values = { [K in SettingKey]: ValueOf<Table[K]> };

/** The checked value of everything that can be set; `loadConfig` makes it. Times in milliseconds, sizes in bytes. */
export type Settings = Readonly<
  Omit<Values, "timezone" | "modelName" | "trustedProxies" | "language"> & {
    /** A name of the time zone database; the machine's where nobody set one. */
    timezone: string;
    /** What a request gets that names no model; where nobody set one, one that the upstream is sure to have. */
    modelName: string;
    /** In CIDR form; empty: nobody is trusted. */
    trustedProxies: string[];
    language: "en" | "zh";
    /** Dialect and address, chosen from `upstreamUrl`, `upstreamDialect` and `zaiToken`. */
    upstream: UpstreamChoice;
  }
>;

export type LogLevel = Settings["logLevel"];
