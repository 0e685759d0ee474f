import { type FilterName, type Filters, filterNames } from "~/analytics/scope.ts";
import type { Text } from "~/config/text.ts";

/** What the address says about which requests to show: `?model=glm-4.7&outcome=failed`. */
export function readFilters(query: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of filterNames) {
    const value = query.get(name);
    if (value !== null && value !== "" && value.length <= 300) filters[name] = value;
  }
  return filters;
}

/** What filters and breakdowns are called. */
export const filterTitles: Record<FilterName, Text> = {
  key: { en: "Key", zh: "密钥" },
  model: { en: "Model", zh: "模型" },
  client: { en: "Client", zh: "客户端" },
  version: { en: "Version", zh: "版本" },
  agent: { en: "User agent", zh: "User-Agent" },
  api: { en: "API", zh: "接口" },
  upstream: { en: "Upstream", zh: "上游" },
  outcome: { en: "Outcome", zh: "结果" },
  error: { en: "Error", zh: "错误" },
  status: { en: "Status", zh: "状态码" },
  address: { en: "Address", zh: "地址" },
};
