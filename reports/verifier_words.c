#include "reports/verifier_part.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

/* {} is the subject: an entry's name or a value. A detail follows after a colon. */
struct words {
    const char *name;
    struct {
        const char *en, *zh;
    } say[4]; /* by enum verifier_result; NULL: this check has no such result */
};

static const enum verifier_part part_of[VERIFIER_CHECK_COUNT] = {
#define VERIFIER_PART(id, name, part) [VERIFIER_##id] = VERIFIER_PART_##part,
    VERIFIER_CHECK_TABLE(VERIFIER_PART)
#undef VERIFIER_PART
};

static const struct words words[VERIFIER_CHECK_COUNT] = {
    [VERIFIER_CONTAINER] =
        {"container",
         {[VERIFIER_OK] = {"The file is one complete package of {} entries; every byte of it is accounted for.",
                           "文件是一个完整的证据包，共{}个条目，每个字节都有归属。"},
          [VERIFIER_FAIL] = {"The file is not a complete, unaltered package", "文件不是完整、未经改动的证据包"}}},
    [VERIFIER_MIMETYPE] =
        {"mimetype",
         {[VERIFIER_OK] = {"The file says it is a signed container (ASiC-E).", "文件标明为签名容器（ASiC-E）。"},
          [VERIFIER_FAIL] = {"The first entry, mimetype, does not say that this is a signed container (ASiC-E)",
                             "首个条目mimetype未标明签名容器（ASiC-E）"}}},
    [VERIFIER_CONTENTS] =
        {"contents",
         {[VERIFIER_OK] = {"The signed list of contents names every entry: nothing is missing, nothing was added.",
                           "签名清单列出了全部条目：没有缺少，也没有增加。"},
          [VERIFIER_FAIL] = {"The signed list of contents and the entries do not agree: {}",
                             "签名清单与实际条目不一致：{}"}}},
    [VERIFIER_DIGEST] = {"digest",
                         {[VERIFIER_OK] = {"{} is unaltered since it was signed.", "{} 自签名以来未被改动。"},
                          [VERIFIER_FAIL] = {"{} was altered after it was signed", "{} 在签名之后被改动"}}},
    [VERIFIER_SIGNATURE] = {"signature",
                            {[VERIFIER_OK] = {"The signature over the list of contents is genuine; signer: {}.",
                                              "清单上的签名真实有效；签名者：{}。"},
                             [VERIFIER_FAIL] = {"{}: the signature over the list of contents is not genuine",
                                                "{}：清单上的签名无效"}}},
    [VERIFIER_CERTIFICATE] =
        {"certificate",
         {[VERIFIER_OK] = {"The signer's certificate leads to the trusted authority and was valid when signing: {}.",
                           "签名证书可追溯至受信任的机构，签名时有效：{}。"},
          [VERIFIER_FAIL] = {"{}: the signer's certificate is not confirmed by the trusted authority",
                             "{}：签名证书未得到受信任机构的确认"}}},
    [VERIFIER_ROLE] =
        {"role",
         {[VERIFIER_OK] = {"The certificate is the sealing certificate of station {}.", "该证书是站点{}的签章证书。"},
          [VERIFIER_NOTE] = {"The certificate may seal records, but does not name a station; the record says station "
                             "{}.",
                             "该证书可用于签章，但未写明站点；记录所称站点为{}。"},
          [VERIFIER_FAIL] = {"{}: this certificate may not seal the records of this station",
                             "{}：该证书无权为此站点签章"}}},
    [VERIFIER_REVOCATION] =
        {"revocation",
         {[VERIFIER_OK] = {"The signer's certificate had not been withdrawn when it signed.",
                           "签名时签名证书未被吊销。"},
          [VERIFIER_NOTE] = {"The signer's certificate was withdrawn later, for a reason that does not touch what it "
                             "signed before: {}.",
                             "签名证书在签名之后被吊销，吊销原因不影响此前的签名：{}。"},
          [VERIFIER_OPEN] = {"Whether the signer's certificate was withdrawn cannot be told from the lists given: {}",
                             "所给吊销列表无法判明签名证书是否被吊销：{}"},
          [VERIFIER_FAIL] = {"The signer's certificate had been withdrawn before it signed: {}.",
                             "签名之前签名证书已被吊销：{}。"}}},
    [VERIFIER_SM2] =
        {"sm2",
         {[VERIFIER_OK] = {"The second signature (SM2 with SM3) is genuine: {}.", "第二签名（SM2/SM3）真实有效：{}。"},
          [VERIFIER_NOTE] = {"The second signature (SM2 with SM3) is genuine, but its certificate is not confirmed by "
                             "the trusted authority: {}",
                             "第二签名（SM2/SM3）有效，但其证书未得到受信任机构的确认：{}"},
          [VERIFIER_FAIL] = {"{}: the second signature (SM2 with SM3) is not genuine", "{}：第二签名（SM2/SM3）无效"}}},
    [VERIFIER_RECORD] = {"record",
                         {[VERIFIER_OK] = {"The record can be read: {}.", "记录可读：{}。"},
                          [VERIFIER_FAIL] = {"{} cannot be read as a record", "{} 无法作为记录读取"}}},
    [VERIFIER_FILES] =
        {"files",
         {[VERIFIER_OK] = {"The {} files that the record lists are here and are the ones it means.",
                           "记录所列的{}个文件均在包内，且内容相符。"},
          [VERIFIER_NOTE] = {"{} was added to the case after the record was closed.", "{} 是记录结束后补入案卷的。"},
          [VERIFIER_FAIL] = {"{} does not agree with the list in the record", "{} 与记录中的文件清单不符"}}},
    [VERIFIER_EVENT] = {"event",
                        {[VERIFIER_OK] = {"The station's journal holds exactly this record, as event {}.",
                                          "站点日志中登记的正是这份记录，为第{}号事件。"},
                         [VERIFIER_FAIL] = {"{}: the journal's event does not belong to this record",
                                            "{}：日志事件与本记录不符"}}},
    [VERIFIER_INCLUSION] = {"inclusion",
                            {[VERIFIER_OK] = {"The event is part of the journal with the fingerprint (root) {}.",
                                              "该事件包含在指纹（根值）为{}的日志之中。"},
                             [VERIFIER_FAIL] = {"{}: the event is not part of the signed journal",
                                                "{}：该事件不在已签名的日志之中"}}},
    [VERIFIER_CHECKPOINT] =
        {"checkpoint",
         {[VERIFIER_OK] = {"The same station signed its journal as it stood then (events / time): {}.",
                           "同一站点对其当时的日志签了名（事件数/时间）：{}。"},
          [VERIFIER_FAIL] = {"{}: the signed state of the journal is not this station's",
                             "{}：日志状态的签名不属于该站点"}}},
    [VERIFIER_TIMES] = {"times",
                        {[VERIFIER_OK] = {"Record, journal and signature follow each other in time.",
                                          "记录、日志与签名的时间先后一致。"},
                         [VERIFIER_NOTE] =
                             {"The times of record, journal and signature are not in their natural order; the record "
                              "says that the clock was not set at the time: {}",
                              "记录、日志与签名的时间次序反常；记录注明当时时钟未同步：{}"},
                         [VERIFIER_FAIL] =
                             {"The times of record, journal and signature cannot be true together, the clock was moved "
                              "back: {}",
                              "记录、日志与签名的时间相互矛盾，时钟被回拨：{}"}}},
    [VERIFIER_CONSISTENCY] =
        {"consistency",
         {[VERIFIER_OK] = {"The journal agrees with the other checkpoint ({}): nothing was removed or changed between "
                           "the two.",
                           "日志与另一检查点（{}）一致：两者之间没有删除或改动。"},
          [VERIFIER_OPEN] =
              {"Whether the journal agrees with the other checkpoint ({}) cannot be told without a "
               "consistency proof. Get one from the station for the older of the two (the package's own "
               "is \"checkpoint\" in log/proof.json): smogctl journal checkpoint --consistency OLDER; "
               "then give it with --consistency",
               "缺少一致性证明，无法判断日志与另一检查点（{}）是否一致。请就两者中较早的一个向站点索取（本包的检查点"
               "见log/proof.json）：smogctl journal checkpoint --consistency OLDER，再用--consistency给出"},
          [VERIFIER_FAIL] =
              {"The journal does NOT agree with the other checkpoint ({}): events were removed or changed",
               "日志与另一检查点（{}）不一致：有事件被删除或改动"}}},
    [VERIFIER_WITNESS] =
        {"witness",
         {[VERIFIER_OK] = {"The second agency has co-signed a state of this journal that holds the event: {}.",
                           "第二机构对包含该事件的日志状态作了见证签名：{}。"},
          [VERIFIER_NOTE] = {"The second agency has co-signed this journal, but before the event: {}.",
                             "第二机构对该日志的见证签名早于本事件：{}。"},
          [VERIFIER_OPEN] =
              {"No checkpoint at hand carries the co-signature of this witness and is shown to agree with the package. "
               "Get the co-signed one from the station (smogctl journal witnessed) and give it with --checkpoint, and "
               "a consistency proof to it with --consistency",
               "所给检查点中没有该见证方签名且已证明与本包一致的检查点。请向站点索取见证检查点"
               "（smogctl journal witnessed），用--checkpoint给出，并用--consistency给出一致性证明"},
          [VERIFIER_FAIL] = {"A co-signature in the name of this witness is false: {}",
                             "以该见证方名义的见证签名无效：{}"}}},
    [VERIFIER_TIMESTAMP] =
        {"timestamp",
         {[VERIFIER_OK] = {"A time-stamp authority confirms the journal (events / time / authority): {}.",
                           "时间戳机构证明日志已存在（事件数 / 时间 / 机构）：{}。"},
          [VERIFIER_NOTE] =
              {"There is a time stamp, whose authority was not checked (--tsa-ca): events / time / authority {}.",
               "附有时间戳，但未核验其机构（--tsa-ca）：事件数 / 时间 / 机构 {}。"},
          [VERIFIER_FAIL] = {"{}: the time stamp does not hold", "{}：时间戳无效"}}},
    [VERIFIER_CASE] =
        {"case",
         {[VERIFIER_OK] = {"The description of case {} fits the record and every file of the package.",
                           "案件{}的说明与记录及包内各文件一致。"},
          [VERIFIER_NOTE] = {"The package does not say who handled the case after the measurement (it has no {}).",
                             "本包未说明测量之后由谁经手（没有{}）。"},
          [VERIFIER_FAIL] = {"{}: the description of the case is not true to the package",
                             "{}：案件说明与包内内容不符"}}},
    [VERIFIER_REVIEW] =
        {"review",
         {[VERIFIER_OK] = {"Two different officers who may do so had reviewed the case before it was sealed: {}.",
                           "签章之前，案件已由两名有权的不同人员审核：{}。"},
          [VERIFIER_NOTE] =
              {"The case was dealt with on the spot, by the police's decision {}; it must not be punished "
               "a second time.",
               "案件已由公安现场处理，决定书编号{}；不得重复处罚。"},
          [VERIFIER_OPEN] = {"{}: a program of an older version began the case, which had no review in the journal",
                             "{}：案件由旧版程序建立，日志中没有审核记录"},
          [VERIFIER_FAIL] = {"{}: what was done with the case was not allowed", "{}：案件的处理不合规定"}}},
    [VERIFIER_CUSTODY] =
        {"custody",
         {[VERIFIER_OK] = {"Each of the {} steps in the chain of custody stands in the signed journal, word for word.",
                           "保管链的{}个步骤均登记在已签名的日志中，逐字相符。"},
          [VERIFIER_OPEN] = {"The chain of custody was not checked, because the state of the journal is not confirmed: "
                             "{}",
                             "日志状态未得到确认，未检验保管链：{}"},
          [VERIFIER_FAIL] = {"{}: the chain of custody is not what the journal says", "{}：保管链与日志不符"}}},
    [VERIFIER_READINGS] =
        {"readings",
         {[VERIFIER_OK] = {"The table of readings follows from the instruments' raw data, byte for byte.",
                           "读数表可由仪器原始数据逐字节重算得出。"},
          [VERIFIER_FAIL] = {"{} does not follow from the instruments' raw data", "{} 不能由仪器原始数据重算得出"}}},
    [VERIFIER_VERDICT] =
        {"verdict",
         {[VERIFIER_OK] = {"The verdict follows from the raw data and the rules, recomputed byte for byte: {}.",
                           "结论可由原始数据和规则逐字节重算得出：{}。"},
          [VERIFIER_NOTE] = {"Worth knowing about the verdict: {}.", "关于结论，请注意：{}。"},
          [VERIFIER_OPEN] = {"The verdict was not recomputed, because its input is not the signed one: {}",
                             "输入与签名不符，未重算结论：{}"},
          [VERIFIER_FAIL] = {"{}: the verdict does not follow from the raw data and the rules",
                             "{}：结论不能由原始数据和规则重算得出"}}},
    [VERIFIER_NUMBERS] =
        {"numbers",
         {[VERIFIER_OK] =
              {"{} events; every test and passage has its number without a gap, every started test its end.",
               "共{}个事件；检测和过车编号连续无缺，每次开始的检测都有结束。"},
          [VERIFIER_NOTE] = {"Test {} was still running when the journal was exported.", "导出日志时检测{}尚在进行。"},
          [VERIFIER_FAIL] = {"Event {} does not follow from those before it", "第{}个事件与之前的事件不连续"}}},
    [VERIFIER_CLOCK] = {"clock",
                        {[VERIFIER_OK] = {"The events follow each other in time.", "各事件的时间先后一致。"},
                         [VERIFIER_NOTE] =
                             {"The clock was set back {} times; the journal itself says so, or it happened while the "
                              "program was not running.",
                              "时钟被回拨{}次：日志中均有登记，或发生在程序未运行期间。"},
                         [VERIFIER_FAIL] = {"The time of event {} cannot be true", "第{}个事件的时间不可能属实"}}},
    [VERIFIER_CLOCK_OPEN] =
        {"clock",
         {[VERIFIER_NOTE] =
              {"The clock was set back just before the end of this journal ({} events), and no event says "
               "so yet: the station enters it within minutes, or at its next start. A later export shows "
               "whether it has.",
               "日志末尾（共{}个事件）之前时钟刚被回拨，尚无事件登记：站点会在数分钟内或下次启动时登记，请以"
               "之后导出的日志核对。"}}},
    [VERIFIER_REFERENCE] =
        {"reference",
         {[VERIFIER_OK] = {"{} is the published one, byte for byte.", "{} 与公布的版本逐字节相同。"},
          [VERIFIER_NOTE] = {"The limits and formulas are those of {} inside the package. Whether these are the "
                             "published ones is for the reader to compare (--reference)",
                             "所用限值和公式来自包内的{}；是否与公布版本一致，须由查验人比对（--reference）"},
          [VERIFIER_OPEN] = {"{}: none of the reference files given is of that name, so it was not compared",
                             "{}：所给参照文件中没有同名文件，未作比对"},
          [VERIFIER_FAIL] = {"{} is NOT the published one: other limits or formulas stand in it",
                             "{} 与公布的版本不符：其中的限值或公式不同"}}},
    [VERIFIER_HISTORY] =
        {"history",
         {[VERIFIER_OK] =
              {"The history holds {} facts, each with its record and its place in the signed journal of the "
               "station.",
               "历史文件共{}条事实，每条均附记录，并在该站已签名的日志中登记。"},
          [VERIFIER_FAIL] = {"The history file is not what a trusted station has signed",
                             "历史文件不是受信任站点所签署的内容"}}},
    [VERIFIER_TILES] = {"tiles",
                        {[VERIFIER_OK] = {"All {} files of hashes are there and lead to the root that the station "
                                          "signed.",
                                          "{}个哈希文件齐全，可推算出站点签名的根值。"},
                         [VERIFIER_FAIL] = {"{} is not as the station published it", "{} 与站点公布的不符"}}},
    [VERIFIER_ENTRIES] =
        {"entries",
         {[VERIFIER_OK] = {"The {} events published with them are exactly those that the hashes stand for.",
                           "一并公布的{}个事件与哈希逐一相符。"},
          [VERIFIER_NOTE] = {"{} events of the journal are not published here; their hashes are.",
                             "{}个事件未在此公布，其哈希已公布。"},
          [VERIFIER_FAIL] = {"{} does not hold the events that the hashes stand for", "{} 中的事件与哈希不符"}}},
    [VERIFIER_BEHIND] =
        {"behind",
         {[VERIFIER_OPEN] =
              {"The folder shows the journal as it stood before your checkpoint ({}). Whether they agree "
               "can be told when the station has published again; a folder that stays behind was put "
               "back, or the journal was cut",
               "目录所载日志早于您的检查点（{}），暂时无法判断是否一致；请待站点再次公布后核对。若一直落后，"
               "说明目录被换回旧版，或日志被截断"}}},
    [VERIFIER_ROOT] = {"root",
                       {[VERIFIER_OK] = {"The first {} events are exactly the ones that the station signed.",
                                         "前{}个事件正是站点签名时的事件。"},
                        [VERIFIER_NOTE] = {"{} later events are not covered by this checkpoint.",
                                           "其后{}个事件不在该检查点范围内。"},
                        [VERIFIER_FAIL] = {"The first {} events are not the ones that the station signed",
                                           "前{}个事件与站点签名时的不符"}}},
    [VERIFIER_SLIP] =
        {"slip",
         {[VERIFIER_OK] = {"The station signed exactly this result: {}.", "站点签名确认的结果正是：{}。"},
          [VERIFIER_NOTE] = {"The station signed this result and that it is void: {}.",
                             "站点签名确认该结果已作废：{}。"},
          [VERIFIER_OPEN] = {"The code is not countersigned and proves nothing by itself: {}. Have the slip printed "
                             "again; the station signs within a minute",
                             "二维码尚未会签，本身不能证明任何事项：{}。请重新打印结果单，站点会在一分钟内签名"},
          [VERIFIER_FAIL] = {"The code is not that of a slip, or was altered", "该码不是结果单的二维码，或已被改动"}}},
};

/* Details that are always the same have Chinese words; of the others, which name bytes, keys and values, the Chinese
 * sentence gives the English ones. */
static const char *const details[][2] = {
    {"it is in the package, but not listed (added later?)", "在包内，但未列入清单（事后加入？）"},
    {"it is listed, but not in the package", "列入清单，但包内没有"},
    {"it has another size or digest", "大小或摘要不同"},
    {"the package does not have it", "包内没有"},
    {"the record does not list it", "记录未列出"},
    {"there must be exactly one META-INF/ASiCManifest*.xml", "META-INF/ASiCManifest*.xml应当恰好一个"},
    {"the signature file that the list names is missing", "缺少清单所指的签名文件"},
    {"certificate has expired", "证书已过期"},
    {"certificate is not yet valid", "证书尚未生效"},
    {"self-signed certificate", "证书为自签，未经受信任的机构签发"},
    {"unable to get local issuer certificate", "找不到签发该证书的受信任机构"},
    {"another key signed it", "由另一密钥签名"},
    {"its id does not hold its station and number", "编号与站点、序号不符"},
    {"event and path do not lead to the checkpoint's root", "由该事件推算不出检查点的根值"},
    {"the file has fewer", "文件中的事件较少"},
    {"at least one of them was changed, or one is missing", "至少有一个被改动或缺失"},
    {"there are no events", "没有事件"},
    {"none of the trusted certificates made the signature; give the station's sealing certificate",
     "签名不是由所给证书作出；请给出站点的签章证书"},
    {"the signature is false", "签名无效"},
    {"it is missing, or a link stands in its place", "缺失，或被链接替代"},
    {"it is no file, or too large to be one of these", "不是文件，或大小超出可能"},
    {"it is too short", "长度不足"},
    {"it is cut", "内容被截断"},
    {"more is in it than its events", "多出内容"},
    {"it contradicts the tile above it, one of the two was altered", "与上一级文件相矛盾，两者之一被改动"},
    {"the last tiles of its levels do not lead to the signed root", "由各级末尾的文件推算不出已签名的根值"},
};

static const char *in_chinese(const char *detail)
{
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++)
        if (strcmp(details[i][0], detail) == 0)
            return details[i][1];
    return detail;
}

/* What stands between sentence and detail, and behind. */
static void expand(char out[VERIFIER_SENTENCE_MAX], const char *sentence, const char *subject, const char *detail,
                   const char *before, const char *after)
{
    const char *hole = strstr(sentence, "{}");
    int first = hole ? (int)(hole - sentence) : (int)strlen(sentence);
    snprintf(out, VERIFIER_SENTENCE_MAX, "%.*s%s%s%s%s%s", first, sentence, hole ? subject : "", hole ? hole + 2 : "",
             detail ? before : "", detail ? detail : "", detail ? after : "");
    utf8_plain(out);
}

bool verifier_report(struct verification *v, enum verifier_check check, enum verifier_result result,
                     const char *subject, const char *detail)
{
    struct verifier *out = v->out;
    assert(words[check].say[result].en);
    if (result == VERIFIER_FAIL)
        out->ok = false;
    if (result == VERIFIER_OPEN)
        out->open++;
    if (out->count == VERIFIER_FINDINGS_MAX)
        return result != VERIFIER_FAIL;
    struct verifier_finding *f = &out->findings[out->count++];
    *f = (struct verifier_finding){.check = words[check].name, .result = result, .part = part_of[check]};
    if (container_find(&v->container, subject))
        snprintf(f->entry, sizeof f->entry, "%s", subject);
    expand(f->en, words[check].say[result].en, subject, detail, ": ", "");
    expand(f->zh, words[check].say[result].zh, subject, detail ? in_chinese(detail) : NULL, "（", "）");
    return result != VERIFIER_FAIL;
}
