/** What can go wrong at the official API, by its own codes. https://docs.z.ai/api-reference/api-code */
export interface Trouble {
  status: number;
  code: string;
  message: string;
}

export const troubles: Record<string, Trouble> = {
  1000: { status: 401, code: "1000", message: "Authentication Failed" },
  1001: { status: 401, code: "1001", message: "Authentication parameter not received in Header" },
  1002: { status: 401, code: "1002", message: "Authentication Token is invalid" },
  1003: { status: 401, code: "1003", message: "Authentication Token has expired" },
  1004: { status: 401, code: "1004", message: "Authentication with the provided Token failed" },
  1110: { status: 429, code: "1110", message: "Your account is currently inactive" },
  1112: { status: 429, code: "1112", message: "Your account has been locked" },
  1113: { status: 429, code: "1113", message: "Insufficient balance or no resource package. Please recharge." },
  1200: { status: 500, code: "1200", message: "API call failed" },
  1210: { status: 400, code: "1210", message: "Incorrect API call parameters" },
  1211: { status: 400, code: "1211", message: "Unknown model, please check the model code" },
  1213: { status: 400, code: "1213", message: "The prompt parameter was not received properly" },
  1220: { status: 403, code: "1220", message: "You do not have permission to access this API" },
  1221: { status: 404, code: "1221", message: "This API has been taken offline" },
  1230: { status: 500, code: "1230", message: "API call process error" },
  1231: { status: 400, code: "1231", message: "A request with this request_id already exists" },
  1234: { status: 500, code: "1234", message: "Network error, please try again later" },
  1261: { status: 400, code: "1261", message: "Prompt exceeds max length" },
  1300: { status: 400, code: "1300", message: "API call blocked by policy" },
  1301: {
    status: 400,
    code: "1301",
    message: "System detected potentially unsafe or sensitive content in input or generation",
  },
  1302: { status: 429, code: "1302", message: "High concurrency usage of this API, please reduce concurrency" },
  1303: { status: 429, code: "1303", message: "High frequency usage of this API, please reduce frequency" },
  1304: { status: 429, code: "1304", message: "Daily call limit for this API reached" },
  1305: { status: 429, code: "1305", message: "The service may be temporarily overloaded, please try again later" },
  1308: {
    status: 429,
    code: "1308",
    message: "Usage limit reached for 5 hour. Your limit will reset at 2099-01-02 18:30:53",
  },
  1309: { status: 429, code: "1309", message: "Your GLM Coding Plan package has expired" },
  1310: {
    status: 429,
    code: "1310",
    message: "Weekly/Monthly Limit Exhausted. Your limit will reset at 2099-01-04 18:30:53",
  },
  1311: { status: 429, code: "1311", message: "Your plan does not include this model" },
  1313: { status: 429, code: "1313", message: "Fair use restriction: your requests are limited" },
};

/** A whole answer that is not a stream: a refusal, or what a middle box says in the model's place. */
export interface Whole {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Whole {
  return { status, headers: { "Content-Type": "application/json", ...headers }, text: JSON.stringify(body) };
}

export function html(status: number, title: string, headers: Record<string, string> = {}): Whole {
  const text = `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
  return { status, headers: { "Content-Type": "text/html; charset=utf-8", ...headers }, text };
}
