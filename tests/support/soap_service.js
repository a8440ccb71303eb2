#!/usr/bin/env node
// The service of the traffic police on npm's "soap": a SOAP stack that is not ours parses the envelopes and writes the answers.
// Usage: soap_service.js FOLDER. Each call is a line of JSON on stdout: {"method", "args"}.
const fs = require("fs");
const http = require("http");
const soap = require("soap");

const parts = {
    ObjectOut: ["xtlb", "jkxlh", "jkid", "UTF8XmlDoc"],
    ObjectOutNew: ["xtlb", "jkxlh", "jkid", "cjsqbh", "dwjgdm", "dwmc", "yhbz", "yhxm", "zdbs", "UTF8XmlDoc"],
};
const methods = [];
for (const verb of ["write", "query"]) for (const form of Object.keys(parts)) methods.push([verb + form, parts[form]]);
const space = "http://endpoint.axis.framework.tmri.com";
const encoded = `use="encoded" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" namespace="${space}"`;
const wsdl = `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions targetNamespace="${space}" xmlns:impl="${space}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
${methods.map(([m, p]) => `<wsdl:message name="${m}Request">${p.map((n) => `<wsdl:part name="${n}" type="xsd:string"/>`).join("")}</wsdl:message>
<wsdl:message name="${m}Response"><wsdl:part name="${m}Return" type="xsd:string"/></wsdl:message>`).join("\n")}
<wsdl:portType name="TmriJaxRpcOutAccess">
${methods.map(([m, p]) => `<wsdl:operation name="${m}" parameterOrder="${p.join(" ")}"><wsdl:input message="impl:${m}Request"/><wsdl:output message="impl:${m}Response"/></wsdl:operation>`).join("\n")}
</wsdl:portType>
<wsdl:binding name="TmriOutAccessSoapBinding" type="impl:TmriJaxRpcOutAccess"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
${methods.map(([m]) => `<wsdl:operation name="${m}"><soap:operation soapAction=""/><wsdl:input><soap:body ${encoded}/></wsdl:input><wsdl:output><soap:body ${encoded}/></wsdl:output></wsdl:operation>`).join("\n")}
</wsdl:binding>
<wsdl:service name="TmriJaxRpcOutAccessService"><wsdl:port name="TmriOutAccess" binding="impl:TmriOutAccessSoapBinding"><soap:address location="http://127.0.0.1/"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;
fs.writeFileSync(process.argv[2] + "/TmriOutAccess.wsdl", wsdl);

const written = [];
const answer = (code, message, rows) => encodeURIComponent(`<?xml version="1.0" encoding="UTF-8"?><root><head><code>${code}</code><message>${message}</message>` +
    `<rownum>${rows.length}</rownum></head><body>${rows.join("")}</body></root>`);
const call = (method) => (args) => {
    const plain = {};
    for (const [name, value] of Object.entries(args)) plain[name] = value && typeof value === "object" ? value.$value : value;
    console.log(JSON.stringify({ method, args: plain }));
    if (method.startsWith("write")) written.push(plain.UTF8XmlDoc);
    const rows = method.startsWith("query") ? written.map((x, i) => x.replace(/^.*?<root>/, "").replace("</root>", "")) : [];
    return { [method + "Return"]: answer("1", "数据写入成功", rows) };
};
const port = {};
for (const [m] of methods) port[m] = call(m);
const server = http.createServer((_, response) => { response.statusCode = 404; response.end(); });
server.listen(0, "127.0.0.1", () => {
    soap.listen(server, "/trffweb/services/TmriOutAccess", { TmriJaxRpcOutAccessService: { TmriOutAccess: port } }, wsdl);
    console.log("ready " + server.address().port);
});
