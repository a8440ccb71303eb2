#include "reports/inbox_words.h"

#include <stddef.h>
#include <string.h>

const char *inbox_word(enum inbox_language language, enum inbox_word word)
{
    static const char *const table[INBOX_WORD_COUNT][INBOX_LANGUAGES] = {
#define INBOX_WORD_ROW(id, zh, en) {zh, en},
        INBOX_WORD_TABLE(INBOX_WORD_ROW)
#undef INBOX_WORD_ROW
    };
    return table[word][language];
}

struct term {
    const char *word, *names[INBOX_LANGUAGES];
};

static const struct term terms[] = {
    /* verdicts */
    {"pass", {"合格", "PASS"}},
    {"fail", {"不合格", "FAIL"}},
    {"suspect", {"嫌疑", "SUSPECT"}},
    {"invalid", {"无效", "INVALID"}},
    {"aborted", {"中止", "ABORTED"}},
    {"void", {"作废", "VOID"}},
    /* states and decisions */
    {"waiting", {"待审", "waiting"}},
    {"accepted", {"已采纳", "accepted"}},
    {"returned", {"已退回", "returned"}},
    {"notified", {"已告知", "notified"}},
    {"penalised", {"已处罚", "penalised"}},
    {"paid", {"已缴款", "paid"}},
    {"handled-on-site", {"现场已处理", "handled on site"}},
    {"rectified", {"已维修复检", "rectified"}},
    /* journal */
    {"first", {"首次", "first seen"}},
    {"agrees", {"一致", "agrees"}},
    {"open", {"待证", "needs proof"}},
    {"conflict", {"日志冲突", "JOURNAL CONFLICT"}},
    /* findings */
    {"ok", {"通过", "ok"}},
    {"note", {"提示", "note"}},
    /* methods */
    {"free-acceleration", {"自由加速法", "free acceleration"}},
    {"lug-down", {"加载减速法", "lug-down"}},
    {"remote-sensing", {"遥感检测法", "remote sensing"}},
    {"ringelmann", {"林格曼黑度", "Ringelmann"}},
    {"two-speed-idle", {"双怠速法", "two-speed idle"}},
    {"obd-check", {"OBD 检查", "OBD check"}},
    /* quantities */
    {"k", {"光吸收系数", "light absorption k"}},
    {"opacity", {"不透光度", "opacity"}},
    {"no", {"一氧化氮", "NO"}},
    {"nox", {"氮氧化物", "NOx"}},
    {"hc", {"碳氢化合物", "HC"}},
    {"co", {"一氧化碳", "CO"}},
    {"co2", {"二氧化碳", "CO2"}},
    {"power", {"轮边功率", "wheel power"}},
    {"lambda", {"过量空气系数", "lambda"}},
    /* plates */
    {"yellow", {"黄牌", "yellow"}},
    {"blue", {"蓝牌", "blue"}},
    {"green", {"绿牌", "green"}},
    {"yellow-green", {"黄绿牌", "yellow-green"}},
    {"white", {"白牌", "white"}},
    {"black", {"黑牌", "black"}},
    /* facts of a vehicle, and where they are from */
    {"fuel", {"燃料", "fuel"}},
    {"class", {"车型", "class"}},
    {"gearbox", {"变速器", "gearbox"}},
    {"mass_kg", {"总质量 (kg)", "mass (kg)"}},
    {"power_kw", {"额定功率 (kW)", "rated power (kW)"}},
    {"rated_rpm", {"额定转速 (r/min)", "rated speed (r/min)"}},
    {"first_registration", {"初次登记", "first registration"}},
    {"stage", {"排放阶段", "emission stage"}},
    {"aspiration", {"进气方式", "aspiration"}},
    {"model_year", {"年款", "model year"}},
    {"vin", {"车辆识别代号", "VIN"}},
    {"hpzl", {"号牌种类", "plate kind (hpzl)"}},
    {"cllx", {"车辆类型", "vehicle type (cllx)"}},
    {"use", {"使用性质", "use"}},
    {"owner", {"所有人", "owner"}},
    {"trailer_plate", {"挂车号牌", "trailer plate"}},
    {"smoke_class", {"烟度类别", "smoke class"}},
    {"make", {"车辆品牌", "make"}},
    {"body_colour", {"车身颜色代码", "body colour code"}},
    {"issuer", {"发证机关", "issuing office"}},
    {"diesel", {"柴油", "diesel"}},
    {"petrol", {"汽油", "petrol"}},
    {"gas", {"燃气", "gas"}},
    {"hybrid", {"混合动力", "hybrid"}},
    {"electric", {"纯电动", "electric"}},
    {"heavy", {"重型", "heavy"}},
    {"medium", {"中型", "medium"}},
    {"light", {"轻型", "light"}},
    {"typed", {"人工录入", "typed"}},
    {"camera", {"摄像识别", "camera"}},
    {"register", {"登记信息", "register"}},
    {"previous", {"历史记录", "earlier record"}},
    {"roster", {"名册", "roster"}},
    /* people */
    {"operator", {"检测人员", "tester"}},
    {"ecology", {"生态环境执法人员", "ecology officer"}},
    {"police", {"公安交管民警", "police officer"}},
    {"technician", {"技术人员", "technician"}},
    {"supervisor", {"监督人员", "supervisor"}},
    {"auditor", {"审计人员", "auditor"}},
    {"login", {"系统登录", "login"}},
    /* custody: kinds of events and acts of a case */
    {"test-start", {"开始检测", "test started"}},
    {"test-end", {"检测结束", "test ended"}},
    {"passage", {"车辆通过", "passage"}},
    {"photo", {"添加图片", "photo added"}},
    {"photo-check", {"图片核查", "photos checked"}},
    {"statement", {"当事人陈述", "statement of the driver"}},
    {"plate-suggestion", {"号牌识别", "plate read"}},
    {"review", {"审核", "review"}},
    {"return", {"退回", "return"}},
    {"send", {"移送", "send"}},
    {"seal", {"签封", "seal"}},
    {"exceed", {"判定超标", "exceeded"}},
    /* what people did in this inbox */
    {"search", {"查询", "searched"}},
    {"look", {"查阅", "looked at"}},
    {"picture", {"查看图片", "saw a picture"}},
    {"download", {"下载证据包", "downloaded the package"}},
    {"file", {"下载文件", "saved a file of it"}},
    {"decide", {"处理", "decided"}},
    {"slip", {"核验结果单", "checked a slip"}},
};

const char *inbox_term(enum inbox_language language, const char *word)
{
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        if (strcmp(terms[i].word, word) == 0)
            return terms[i].names[language];
    return word;
}

const char *inbox_ground(enum inbox_language language, int ground)
{
    static const char *const grounds[][INBOX_LANGUAGES] = {
        {"警车、消防、救护、工程救险车执行紧急任务", "emergency vehicle on duty"},
        {"被盗抢期间，或号牌被冒用（套牌）", "stolen, or its plate was cloned"},
        {"救助危难或者紧急避险", "rescue or necessity"},
        {"已在现场被交通警察处理", "already handled on site"},
        {"交通信号指示不一致", "contradictory signals"},
        {"记录资料不能清晰、准确反映类型、号牌、外观、时间、地点、事实", "the evidence is unclear"},
        {"号牌信息错误", "wrong plate"},
        {"其他（须备注）", "other (with a note)"},
    };
    return ground >= 1 && ground <= 8 ? grounds[ground - 1][language] : "";
}
