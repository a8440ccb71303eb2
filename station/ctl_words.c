#include <string.h>

#include "station/ctl.h"

static const struct ctl_word *find(const struct ctl_word *words, size_t count, const char *name)
{
    static struct ctl_word unknown;
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    unknown = (struct ctl_word){name, name, name};
    return &unknown;
}

const struct ctl_word *ctl_word_prompt(const char *name)
{
    static const struct ctl_word words[] = {
        {"wait-instrument", "等待仪器就绪", "wait for the instrument"},
        {"warm-up", "发动机未热,继续暖机", "the engine is cold: warm it up"},
        {"insert-probe", "插入取样探头后确认", "insert the probe, then confirm"},
        {"purge", "空踩油门吹拂排气系统", "purge: accelerate freely"},
        {"idle", "松开油门,保持怠速", "release the pedal, let it idle"},
        {"press", "立即将油门踩到底", "press the pedal down now"},
        {"hold", "踩住油门", "hold the pedal down"},
        {"release", "松开油门", "release the pedal"},
        {"observe", "观察烟度(林格曼)后输入", "observe the smoke (Ringelmann) and enter it"},
        {"zero-check", "探头置于清洁空气中后确认", "hold the probe in clean air, then confirm"},
        {"zero-wait", "正在读取零点,请勿移动探头", "reading zero: keep the probe in clean air"},
        {"zero-instrument", "零点超差:仪器调零后确认", "zero is off: zero the instrument (smogctl zero), then confirm"},
        {"connect", "插入诊断接头并接通电源后确认", "plug in the OBD adapter, ignition on, then confirm"},
        {"read", "正在读取车载诊断数据", "reading the control units"},
        {"full-pedal", "挂入合适挡位,油门踩到底后确认", "right gear, pedal to the floor, then confirm"},
        {"scan", "保持油门到底,功率扫描中", "power scan: keep the pedal down"},
        {"rev", "保持发动机转速", "hold the engine speed"},
        {"speed", "保持目标车速,油门到底", "hold the speed with the pedal down"},
        {"done", "测试结束", "done"},
    };
    return find(words, sizeof words / sizeof words[0], name);
}

const struct ctl_word *ctl_word_point(const char *name)
{
    static const struct ctl_word words[] = {
        {"idle", "怠速", "idle"},
        {"raised idle", "高怠速", "raised idle"},
        {"80 %", "", "80 %"},
        {"100 %", "", "100 %"},
    };
    return find(words, sizeof words / sizeof words[0], name);
}

const struct ctl_word *ctl_word_case(const char *name)
{
    static const struct ctl_word words[] = {
        {"exceeded", "超标,待初审", "exceeded, waits for the first review"},
        {"review1", "初审通过,待复审", "reviewed once, waits for another officer"},
        {"review2", "复审通过,待封存", "reviewed twice, waits for the seal"},
        {"send-ordered", "待封存后移送", "is sent as soon as it is sealed"},
        {"sealed", "已封存,待移送", "sealed, waits to be sent"},
        {"submitted", "已移送", "on its way to the police"},
        {"received", "公安已接收", "received by the police"},
        {"police-review", "公安审核中", "under review by the police"},
        {"entered", "公安已录入", "entered by the police"},
        {"notified", "已告知", "the owner is notified"},
        {"objected", "当事人有异议", "objected to"},
        {"penalised", "已处罚", "penalised"},
        {"paid", "已缴款", "paid"},
        {"rejected", "审核不通过", "rejected in review"},
        {"returned", "公安退回", "returned by the police"},
        {"removed", "违法信息已消除", "removed"},
        {"handled", "现场已处理,不再移送", "handled on site, never sent"},
        {"void", "检测作废", "void"},
        {"none", "未要求维修", "no repair asked for"},
        {"repair-notice", "已通知维修", "repair notice given"},
        {"repaired", "已维修,待复检", "repaired, waits for the retest"},
        {"overdue", "逾期未复检", "overdue"},
        {"blacklisted", "列入黑名单", "blacklisted"},
        {"retest-passed", "复检合格", "retest passed"},
        {"released", "已解除", "released"},
    };
    return find(words, sizeof words / sizeof words[0], name);
}

const struct ctl_word *ctl_word_verdict(const char *name)
{
    static const struct ctl_word words[] = {
        {"pass", "合格", "PASS"},       {"fail", "不合格", "FAIL"},     {"suspect", "疑似超标", "SUSPECT"},
        {"invalid", "无效", "INVALID"}, {"aborted", "中止", "ABORTED"}, {"void", "作废", "VOID"},
    };
    return find(words, sizeof words / sizeof words[0], name);
}

const struct ctl_word *ctl_word_alert(const char *name)
{
    static const struct ctl_word words[] = {
        {"penalised-twice", "同一案件再次收到处罚决定", "a second penalty for one case"},
        {"handled-after-sent", "移送之后又现场处罚，须请公安消除已移送的记录（第4种情形）",
         "decided on the spot after it was sent: have the police remove what was sent (ground 4)"},
        {"decision-without-effect", "收到的决定与案件状态不符", "a decision that the case cannot follow"},
        {"input-changed", "车辆参数与以前的记录不符", "a vehicle fact differs from an earlier record"},
        {"factor", "两个烟度量按固定比例不一致", "k and opacity differ by one constant factor"},
        {"travel", "两地出现时间过近", "seen at two places that lie too far apart for the time between"},
        {"check-drift", "零点或量距检查结果单向漂移或持续偏低",
         "checks of an instrument drift in one direction, or read low"},
        {"frozen", "发动机转速变化而烟度示值不变", "smoke stands still while the engine speed moves"},
        {"rpm-regular", "转速示值长时间完全不变", "the engine speed stands still for too long"},
        {"rpm-without-smoke", "部分加速有转速无烟度", "engine speed rises, in some accelerations without smoke"},
        {"curve-twice", "同一次检测中两条曲线相同", "two accelerations of one test have the same curve"},
        {"curve-again", "曲线与以前的检测相同", "a curve is the same as in an earlier test"},
        {"aborted-above-limit", "已超标后人为中止", "ended by hand after an acceleration above the limit"},
        {"tested-until-pass", "多次检测直至合格", "tested again and again until it passed"},
        {"pass-rate", "合格率明显偏离全站", "pass rate far from that of the others"},
        {"electric-plate", "纯电动号牌车辆做烟度检测", "a smoke test under the plate of an electric vehicle"},
    };
    return find(words, sizeof words / sizeof words[0], name);
}
