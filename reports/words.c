#include "reports/words.h"

#include <stdio.h>
#include <string.h>

/* The Uyghur column is a beginning: common words, not checked by anybody whose language it is. */
static const struct word {
    const char *key, *zh, *en, *ug;
} table[] = {
    /* verdicts */
    {"pass", "合格", "PASS", "لاياقەتلىك"},
    {"fail", "不合格", "FAIL", "لاياقەتسىز"},
    {"suspect", "疑似超标", "SUSPECT", "گۇمانلىق"},
    {"invalid", "无效", "INVALID", "ئىناۋەتسىز"},
    {"aborted", "中止", "ABORTED", "توختىتىلدى"},
    {"void", "作废", "VOID", "بىكار قىلىندى"},
    /* methods */
    {"free-acceleration", "自由加速法", "free acceleration", NULL},
    {"lug-down", "加载减速法", "lug-down", NULL},
    {"two-speed-idle", "双怠速法", "two-speed idle", NULL},
    {"remote-sensing", "遥感检测法", "remote sensing", NULL},
    {"ringelmann", "林格曼黑度", "Ringelmann grade", NULL},
    {"obd-check", "车载诊断系统检查", "OBD check", NULL},
    /* quantities */
    {"k", "光吸收系数", "k", NULL},
    {"opacity", "不透光度", "opacity", NULL},
    {"no", "一氧化氮", "NO", NULL},
    {"nox", "氮氧化物", "NOx", NULL},
    {"hc", "碳氢化合物", "HC", NULL},
    {"co", "一氧化碳", "CO", NULL},
    {"co2", "二氧化碳", "CO2", NULL},
    {"o2", "氧", "O2", NULL},
    {"lambda", "过量空气系数", "lambda", NULL},
    {"power", "轮边功率", "power", NULL},
    {"rpm", "发动机转速", "engine speed", NULL},
    {"speed", "车速", "speed", NULL},
    {"mil", "故障指示灯", "MIL", NULL},
    {"vsp", "比功率", "VSP", NULL},
    {"slope", "坡度", "slope", NULL},
    {"air_temp", "环境温度", "air temperature", NULL},
    {"humidity", "相对湿度", "humidity", NULL},
    {"pressure", "大气压力", "pressure", NULL},
    {"wind_speed", "风速", "wind speed", NULL},
    {"wind_dir", "风向", "wind direction", NULL},
    {"rain", "降水", "rain", NULL},
    {"plate", "号牌", "plate", NULL},
    {"plate_confidence", "号牌识别置信度", "plate confidence", NULL},
    {"smoke", "烟度", "smoke", NULL},
    /* points */
    {"idle", "怠速", "idle", NULL},
    {"raised idle", "高怠速", "raised idle", NULL},
    /* marks */
    {"acceleration", "加速", "acceleration", NULL},
    {"purge", "吹拂", "purge", NULL},
    {"point", "测点", "point", NULL},
    {"zero-before", "检前零点", "zero before", NULL},
    {"zero-after", "检后零点", "zero after", NULL},
    /* colours and kinds of plates */
    {"yellow", "黄色", "yellow", "سېرىق"},
    {"blue", "蓝色", "blue", "كۆك"},
    {"green", "绿色", "green", "يېشىل"},
    {"yellow-green", "黄绿色", "yellow-green", "سېرىق-يېشىل"},
    {"white", "白色", "white", "ئاق"},
    {"black", "黑色", "black", "قارا"},
    {"unknown", "未知", "unknown", NULL},
    {"other", "其他", "other", NULL},
    /* facts of vehicles and their values */
    {"fuel", "燃料", "fuel", "يېقىلغۇ"},
    {"class", "车型类别", "class", NULL},
    {"gearbox", "变速器", "gearbox", NULL},
    {"mass_kg", "最大总质量(kg)", "mass (kg)", NULL},
    {"power_kw", "额定功率(kW)", "rated power (kW)", NULL},
    {"rated_rpm", "额定转速(r/min)", "rated speed (r/min)", NULL},
    {"first_registration", "初次登记日期", "first registration", NULL},
    {"stage", "排放阶段", "emission stage", NULL},
    {"aspiration", "进气方式", "aspiration", NULL},
    {"model_year", "年款", "model year", NULL},
    {"vin", "车辆识别代号", "VIN", NULL},
    {"hpzl", "号牌种类", "plate kind", NULL},
    {"cllx", "车辆类型", "vehicle type", NULL},
    {"use", "使用性质", "use", NULL},
    {"owner", "所有人", "owner", "ئىگىسى"},
    {"trailer_plate", "挂车号牌", "trailer plate", NULL},
    {"smoke_class", "烟度类别", "smoke class", NULL},
    {"make", "车辆品牌", "make", NULL},
    {"body_colour", "车身颜色代码", "body colour code", NULL},
    {"issuer", "发证机关", "issuing office", NULL},
    {"diesel", "柴油", "diesel", NULL},
    {"petrol", "汽油", "petrol", NULL},
    {"gas", "燃气", "gas", NULL},
    {"electric", "电动", "electric", NULL},
    {"hybrid", "混合动力", "hybrid", NULL},
    {"heavy", "重型", "heavy", NULL},
    {"medium", "中型", "medium", NULL},
    {"light", "轻型", "light", NULL},
    {"non-road", "非道路机械", "non-road", NULL},
    {"manual", "手动", "manual", NULL},
    {"automatic", "自动", "automatic", NULL},
    {"natural", "自然吸气", "natural", NULL},
    {"turbo", "涡轮增压", "turbo", NULL},
    {"typed", "录入", "typed", NULL},
    {"camera", "抓拍识别", "camera", NULL},
    {"register", "登记系统", "register", NULL},
    {"previous", "以前记录", "earlier record", NULL},
    {"roster", "车辆名册", "roster", NULL},
    /* roles */
    {"operator", "检测人员", "operator", "تەكشۈرگۈچى"},
    {"second", "第二检测人员", "second officer", NULL},
    {"login", "系统登录", "login", NULL},
    {"ecology", "生态环境执法人员", "ecology officer", NULL},
    {"police", "公安交管民警", "police officer", NULL},
    {"technician", "技术人员", "technician", NULL},
    {"supervisor", "站点负责人", "supervisor", NULL},
    /* alerts */
    {"input-changed", "车辆参数与以前的记录不符", "a vehicle fact differs from an earlier record", NULL},
    {"factor", "两个烟度量按固定比例不一致", "k and opacity differ by one constant factor", NULL},
    {"travel", "两地出现时间过近", "seen at two places that lie too far apart for the time between", NULL},
    {"check-drift", "零点或量距检查结果单向漂移或持续偏低",
     "checks of an instrument drift in one direction, or read low", NULL},
    {"frozen", "发动机转速变化而烟度示值不变", "smoke stands still while the engine speed moves", NULL},
    {"rpm-regular", "转速示值长时间完全不变", "the engine speed stands still for too long", NULL},
    {"rpm-without-smoke", "部分加速有转速无烟度", "engine speed rises, in some accelerations without smoke", NULL},
    {"curve-twice", "同一次检测中两条曲线相同", "two accelerations of one test have the same curve", NULL},
    {"curve-again", "曲线与以前的检测相同", "a curve is the same as in an earlier test", NULL},
    {"aborted-above-limit", "已超标后人为中止", "ended by hand after an acceleration above the limit", NULL},
    {"tested-until-pass", "多次检测直至合格", "tested again and again until it passed", NULL},
    {"pass-rate", "合格率明显偏离全站", "pass rate far from that of the others", NULL},
    {"electric-plate", "纯电动号牌车辆做烟度检测", "a smoke test under the plate of an electric vehicle", NULL},
    /* what the law asks of pictures (station/core/evidence.h) */
    {"photo.photos", "整车正面或尾部图片数", "pictures of the whole front or rear", NULL},
    {"photo.width", "图片宽度", "width of a picture", NULL},
    {"photo.height", "图片高度", "height of a picture", NULL},
    {"photo.bits", "图片色深", "colour depth of a picture", NULL},
    {"photo.interval", "两张图片的间隔", "time between two pictures", NULL},
    {"photo.clock-error", "站点时钟误差", "error of the station's clock", NULL},
    {"photo.not-met", "未达到要求", "not met", NULL},
    {"photo.unknown", "无法判断", "cannot be told", NULL},
    /* the slip */
    {"slip.title", "机动车排放检测结果单", "Emission test result", "ماشىنا گازى تەكشۈرۈش نەتىجىسى"},
    {"slip.report", "机动车排放检测记录", "Emission test record", "ماشىنا گازى تەكشۈرۈش خاتىرىسى"},
    {"slip.station", "检测站点", "station", "بېكەت"},
    {"slip.record", "记录编号", "record", "خاتىرە نومۇرى"},
    {"slip.plate", "号牌号码", "plate", "ماشىنا نومۇرى"},
    {"slip.colour", "号牌颜色", "plate colour", "نومۇر رەڭگى"},
    {"slip.unreadable", "无法识别", "unreadable", NULL},
    {"slip.vehicle", "车辆信息", "vehicle", "ماشىنا"},
    {"slip.method", "检测方法", "method", "ئۇسۇل"},
    {"slip.started", "开始时间", "started", "باشلانغان ۋاقىت"},
    {"slip.ended", "结束时间", "ended", "ئاخىرلاشقان ۋاقىت"},
    {"slip.place", "地理位置", "position", "ئورنى"},
    {"slip.values", "测量结果与限值", "Results and limits", "ئۆلچەش نەتىجىسى ۋە چەك قىممىتى"},
    {"slip.quantity", "项目", "quantity", "تۈر"},
    {"slip.value", "实测值", "measured", "ئۆلچەنگەن قىممەت"},
    {"slip.limit", "限值", "limit", "چەك قىممىتى"},
    {"slip.judged", "判定", "result", "نەتىجە"},
    {"slip.clause", "依据条款", "clause", "ماددا"},
    {"slip.exceeds", "超标", "exceeds", "ئېشىپ كەتكەن"},
    {"slip.within", "符合", "within", "ئۇيغۇن"},
    {"slip.screening", "仅筛查，不判定", "screening, no verdict", NULL},
    {"slip.unconfirmed", "限值待确认", "limit unconfirmed", NULL},
    {"slip.rules", "判定规则", "rules", "قائىدە"},
    {"slip.version", "版本", "version", "نەشر"},
    {"slip.class", "限值类别", "limit class", NULL},
    {"slip.curve", "检测曲线", "Course of the test", "ئەگرى سىزىق"},
    {"slip.course", "检测过程", "Course", "جەريان"},
    {"slip.step", "步骤", "step", "قەدەم"},
    {"slip.time", "时间(s)", "time (s)", "ۋاقىت"},
    {"slip.highest", "读数", "reading", NULL},
    {"slip.counted", "计入结果", "counted", NULL},
    {"slip.yes", "是", "yes", "ھەئە"},
    {"slip.no", "否", "no", "ياق"},
    {"slip.note", "说明", "note", "ئىزاھات"},
    {"slip.instruments", "检测仪器", "Instruments", "ئەسۋابلار"},
    {"slip.instrument", "仪器", "instrument", "ئەسۋاب"},
    {"slip.serial", "编号", "serial number", "نومۇرى"},
    {"slip.certificate", "检定证书", "certificate", "گۇۋاھنامە"},
    {"slip.until", "有效期至", "valid until", "ئىناۋەتلىك مۇددىتى"},
    {"slip.remarks", "情况说明", "Remarks", "ئىزاھات"},
    {"slip.reason", "判定说明", "reason", "سەۋەبى"},
    {"slip.alert", "提示复核", "for review", NULL},
    {"slip.is-void", "本记录已作废", "This record is void", "بۇ خاتىرە بىكار قىلىندى"},
    {"slip.clock", "时钟", "clock", "سائەت"},
    {"slip.clock-loose", "未与时间源同步", "not kept in step by any time source", NULL},
    {"slip.limits-open", "限值尚未经站点确认，仅供参考", "limits are not confirmed yet", NULL},
    {"slip.officers", "检测人员", "Officers", "خادىملار"},
    {"slip.officer-signs", "检测人员签名", "officers' signatures", "خادىملارنىڭ ئىمزاسى"},
    {"slip.driver-signs", "驾驶人签名（□ 拒签）", "driver's signature (□ refused)", "شوپۇرنىڭ ئىمزاسى (□ رەت قىلدى)"},
    {"slip.journal", "日志根", "journal root", "خاتىرە دەپتىرى"},
    {"slip.event", "事件", "event", NULL},
    {"slip.events", "日志事件数", "events", NULL},
    {"slip.signed", "已会签", "countersigned", "تەستىقلانغان"},
    {"slip.unsigned", "尚未会签：日志检查点签名后可重新打印",
     "not yet countersigned: print again after the next checkpoint", "تېخى تەستىقلانمىغان"},
    {"slip.passage-unsigned", "遥感合格记录不逐条会签",
     "passages without an exceedance are not countersigned one by one", NULL},
    {"slip.scan", "扫码得签名文本，用 smogverify --qr 离线验证",
     "scan for the signed text; smogverify --qr checks it offline", NULL},
    {"slip.page", "第", "page", "بەت"},
    {"slip.sealed", "仅供阅读，以同包 record.json 及其签名为准",
     "for reading; record.json and its signature in this package count", NULL},
    {"slip.digest", "记录摘要", "record SHA-256", NULL},
};

static const struct word *find(const char *key)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

bool words_language_by_name(const char *name, enum words_language *out)
{
    static const char *const names[] = {"zh-en", "zh", "en", "ug"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum words_language)i;
            return true;
        }
    return false;
}

const char *words_language_tag(enum words_language language)
{
    return language == WORDS_EN ? "en" : language == WORDS_UG ? "ug" : "zh-cn";
}

const char *words_main(enum words_language language, const char *key)
{
    const struct word *w = find(key);
    if (!w)
        return key;
    if (language == WORDS_EN)
        return w->en;
    return language == WORDS_UG && w->ug ? w->ug : w->zh;
}

const char *words_second(enum words_language language, const char *key)
{
    const struct word *w = find(key);
    if (!w || language == WORDS_ZH || language == WORDS_EN || (language == WORDS_UG && !w->ug))
        return "";
    return language == WORDS_UG ? w->zh : w->en;
}

const char *words_both(enum words_language language, const char *key, char *out, size_t size)
{
    const char *second = words_second(language, key);
    snprintf(out, size, "%s%s%s", words_main(language, key), second[0] ? " " : "", second);
    return out;
}
