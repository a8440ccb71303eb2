/*
 * Every text of the inbox's pages, in Chinese and English side by side; a language is a column.
 */
#ifndef REPORTS_INBOX_WORDS_H
#define REPORTS_INBOX_WORDS_H

enum inbox_language { INBOX_ZH, INBOX_EN, INBOX_LANGUAGES };

/* X(enumerator, zh, en); a % is where inbox_html_filled puts its value. */
#define INBOX_WORD_TABLE(X)                                                                                                                                                \
    X(TITLE, "机动车排放超标证据接收平台", "Vehicle emission evidence inbox")                                                                                              \
    X(SUBTITLE, "公安交管 · 证据包审核与反馈", "Traffic police · review of evidence packages")                                                                             \
    X(LIST, "证据列表", "Packages")                                                                                                                                        \
    X(AUDIT, "查阅记录", "Access log")                                                                                                                                     \
    X(SLIP, "结果单核验", "Check a slip")                                                                                                                                  \
    X(SLIP_TEXT, "二维码中的文本（扫码或粘贴，原样）", "Text of the QR code (scanned or pasted, as it is)")                                                                \
    X(SLIP_NOTE, "仅核对签名与内容，不联系检测站点。",                                                                                                                     \
      "Only signature and contents are checked; no station is asked.")                                                                                                     \
    X(SLIP_CHECK, "核验", "Check")                                                                                                                                         \
    X(SLIP_GOOD, "属实：内容与站点签名一致", "Genuine: this is what the station signed")                                                                                   \
    X(SLIP_OPEN, "不能证明：尚无签名或缺少依据", "Proves nothing: not signed yet, or something is missing")                                                                \
    X(SLIP_BAD, "核验不通过：不是站点签名的内容", "Not genuine: this is not what a trusted station signed")                                                                \
    X(OTHER_LANGUAGE, "English", "中文")                                                                                                                                   \
    X(SIGNED_IN, "当前人员", "Signed in")                                                                                                                                  \
    X(SIGN_OUT, "退出", "Sign out")                                                                                                                                        \
    X(READ_ONLY, "仅可查阅", "read only")                                                                                                                                  \
    X(SKIP, "跳到正文", "Skip to content")                                                                                                                                 \
    X(ENTER, "进入", "Enter")                                                                                                                                              \
    X(ENTER_NUMBER, "请输入警号", "Enter your officer number")                                                                                                             \
    X(ENTER_WHY, "查阅和处理均按警号留痕。", "What you look at and decide is recorded under this number.")                                                                 \
    X(SEARCH, "查询", "Search")                                                                                                                                            \
    X(RESET, "清除条件", "Clear")                                                                                                                                          \
    X(PLATE, "号牌", "Plate")                                                                                                                                              \
    X(PLATE_PART, "号牌（可输入部分）", "Plate (or a part of it)")                                                                                                         \
    X(STATION, "检测站点", "Station")                                                                                                                                      \
    X(STATION_ID, "站点编号", "Station id")                                                                                                                                \
    X(STATE, "办理状态", "State")                                                                                                                                          \
    X(ANY, "全部", "all")                                                                                                                                                  \
    X(FROM, "接收日期起", "Received from")                                                                                                                                 \
    X(TO, "至", "until")                                                                                                                                                   \
    X(RECEIVED, "接收时间", "Received")                                                                                                                                    \
    X(MEASURED, "检测时间", "Measured")                                                                                                                                    \
    X(RECORD, "记录编号", "Record")                                                                                                                                        \
    X(VERDICT, "检测结论", "Verdict")                                                                                                                                      \
    X(DUE, "审核期限", "Review due")                                                                                                                                       \
    X(DUE_NOTE, "收到后%个工作日", "% working days after receipt")                                                                                                         \
    X(DUE_ASSUMED, "有期限跨入没有节假日安排的年份，仅按周一至周五计算，请人工核对（--holidays）。",                                                                       \
      "A deadline runs through a year without a holiday calendar and is counted by weekdays alone: check by hand "                                                         \
      "(--holidays).")                                                                                                                                                     \
    X(OVERDUE, "已逾期", "overdue")                                                                                                                                        \
    X(WAITING_COUNT, "待审 % 件", "% waiting for review")                                                                                                                  \
    X(WAITING_OLDEST, "最早接收于 %", "the oldest since %")                                                                                                                \
    X(JOURNAL, "站点日志", "Station journal")                                                                                                                              \
    X(NOTHING, "尚未收到符合条件的证据包。", "Nothing has arrived yet that fits.")                                                                                         \
    X(OLDER, "下一页", "Next page")                                                                                                                                        \
    X(FIRST_PAGE, "回到首页", "First page")                                                                                                                                \
    X(ONLY_VERIFIED, "仅列出通过检验的证据包。", "Only packages that verified are listed.")                                                                                \
    X(CONFLICT_ONLY, "仅看日志冲突", "journal conflicts only")                                                                                                             \
    X(CONFLICT, "日志冲突", "JOURNAL CONFLICT")                                                                                                                            \
    X(CONFLICT_NOTE,                                                                                                                                                       \
      "该站点出示的日志与先前出示的不一致：事件被删改，或存在两套日志。请要求站点提供一致性证明并核对备份，再作处理" \
      "。",                                                                                                                                                                \
      "The station's journal does not agree with what it showed before: events were removed or changed, or there are "                                                     \
      "two histories. Ask the station for a consistency proof and compare its backups before you decide.")                                                                 \
    X(VALUE, "检测值", "Measured value")                                                                                                                                   \
    X(LIMIT, "限值", "Limit")                                                                                                                                              \
    X(QUANTITY, "项目", "Quantity")                                                                                                                                        \
    X(CLAUSE, "依据条款", "Clause")                                                                                                                                        \
    X(RESULT, "结果", "Result")                                                                                                                                            \
    X(EXCEEDED, "超标", "exceeded")                                                                                                                                        \
    X(WITHIN, "达标", "within")                                                                                                                                            \
    X(SCREENING, "仅筛查", "screening only")                                                                                                                               \
    X(UNCONFIRMED, "限值待确认", "limit unconfirmed")                                                                                                                      \
    X(REASONS, "说明", "Reasons")                                                                                                                                          \
    X(RULES, "限值规则", "Rule pack")                                                                                                                                      \
    X(VEHICLE, "车辆信息", "Vehicle")                                                                                                                                      \
    X(SOURCE, "来源", "Source")                                                                                                                                            \
    X(FACT, "内容", "Item")                                                                                                                                                \
    X(COLOUR, "号牌颜色", "Plate colour")                                                                                                                                  \
    X(TEST, "检测情况", "Test")                                                                                                                                            \
    X(METHOD, "检测方法", "Method")                                                                                                                                        \
    X(STARTED, "开始时间", "Started")                                                                                                                                      \
    X(ENDED, "结束时间", "Ended")                                                                                                                                          \
    X(INSTRUMENT, "检测仪器", "Instrument")                                                                                                                                \
    X(SERIAL, "编号", "serial")                                                                                                                                            \
    X(CERTIFICATE, "检定证书", "certificate")                                                                                                                              \
    X(VALID_UNTIL, "有效期至", "valid until")                                                                                                                              \
    X(OFFICER, "人员", "Officer")                                                                                                                                          \
    X(PICTURES, "图片证据", "Pictures")                                                                                                                                    \
    X(NO_PICTURES, "本证据包不含图片。", "There are no pictures in this package.")                                                                                         \
    X(CURVE, "检测曲线", "Curve")                                                                                                                                          \
    X(NO_CURVE, "该方法只有一个读数，无曲线。", "This method has a single reading and no curve.")                                                                          \
    X(SECONDS, "时间（秒）", "time (s)")                                                                                                                                   \
    X(CUSTODY, "证据保管链与审核", "Chain of custody and reviews")                                                                                                         \
    X(NO_CUSTODY, "该证据包没有 case.json（旧版站点）。", "This package has no case.json (an older station).")                                                             \
    X(STEP, "环节", "Step")                                                                                                                                                \
    X(ZONE, "北京时间", "UTC+8")                                                                                                                                           \
    X(TIME, "时间", "Time")                                                                                                                                                \
    X(ROLE, "身份", "Role")                                                                                                                                                \
    X(REVIEWS, "环保审核", "Reviews")                                                                                                                                      \
    X(CHECKS, "检验结果", "Verification")                                                                                                                                  \
    X(CHECKS_NOTE, "打开本页时对所存文件重新检验。", "The stored file was verified anew when this page was opened.")                                                       \
    X(CHECKS_GOOD, "% 项检验全部通过", "all of % checks are good")                                                                                                         \
    X(CHECKS_OPEN, "% 项待证", "% need proof")                                                                                                                             \
    X(CHECKS_BAD, "有 % 项检验未通过", "% checks failed")                                                                                                                  \
    X(CHECKS_ALL, "逐项查看", "Show them line by line")                                                                                                                    \
    X(RECEIPT, "回执", "Receipt")                                                                                                                                          \
    X(RECEIPT_SIGNED, "已由本平台签名", "signed by this inbox")                                                                                                            \
    X(RECEIPT_UNSIGNED, "未签名（未配置 --receipt-key）", "not signed (no --receipt-key)")                                                                                 \
    X(SENDER, "发送方", "Sender")                                                                                                                                          \
    X(SIGNER, "签封证书", "Sealed by")                                                                                                                                     \
    X(HASH, "证据包 SHA-256", "SHA-256 of the package")                                                                                                                    \
    X(DOWNLOAD, "下载证据包", "Download the package")                                                                                                                      \
    X(DOWNLOADS, "已下载 % 次", "downloaded % times")                                                                                                                      \
    X(REPORT, "下载检测报告 (PDF)", "Download the report (PDF)")                                                                                                           \
    X(DECISIONS, "处理记录", "Decisions")                                                                                                                                  \
    X(NO_DECISIONS, "尚未处理。", "Nothing has been decided yet.")                                                                                                         \
    X(DECISION, "处理", "Decision")                                                                                                                                        \
    X(DECIDE, "作出处理", "Decide")                                                                                                                                        \
    X(GO_DECIDE, "去处理", "Go to the decision")                                                                                                                           \
    X(NO_FURTHER, "依法定顺序，目前没有可作的处理。", "In the order of the law there is nothing to decide now.")                                                           \
    X(MAY_NOT, "当前身份只可查阅，不能处理。", "You may look, but not decide.")                                                                                            \
    X(GROUND, "消除事由", "Ground")                                                                                                                                        \
    X(NUMBER, "决定书编号", "Number of the decision")                                                                                                                      \
    X(AMOUNT, "金额（元）", "Amount (yuan)")                                                                                                                               \
    X(BASIS, "法律依据", "Legal basis")                                                                                                                                    \
    X(NOTE, "备注", "Note")                                                                                                                                                \
    X(OFFICER_NUMBER, "警号", "Officer number")                                                                                                                            \
    X(REQUIRED, "必填", "required")                                                                                                                                        \
    X(CHOOSE, "请选择", "choose")                                                                                                                                          \
    X(DO_ACCEPTED, "采纳并录入", "Accept and enter")                                                                                                                       \
    X(DO_RETURNED, "退回（不予采用）", "Return")                                                                                                                           \
    X(DO_NOTIFIED, "已告知当事人", "The owner was notified")                                                                                                               \
    X(DO_PENALISED, "作出处罚", "Penalise")                                                                                                                                \
    X(DO_PAID, "已缴款", "Paid")                                                                                                                                           \
    X(DO_HANDLED, "现场已处理", "Was handled on site")                                                                                                                     \
    X(DO_RECTIFIED, "已维修复检合格", "Repaired and tested again")                                                                                                         \
    X(WHAT_ACCEPTED, "审核通过，录入违法信息系统。", "The evidence stands; the violation is entered.")                                                                     \
    X(WHAT_RETURNED, "须选择八种法定事由之一。", "One of the eight grounds must be given.")                                                                                \
    X(WHAT_NOTIFIED, "录入后5个工作日内告知。", "Within 5 working days after entry.")                                                                                      \
    X(WHAT_PENALISED, "须填写处罚决定书编号。", "The decision's number is needed.")                                                                                        \
    X(WHAT_PAID, "罚款已缴纳。", "The fine has been paid.")                                                                                                                \
    X(WHAT_HANDLED, "已由民警现场处理的，不得重复处罚；须填写决定书编号。",                                                                                                \
      "An officer has dealt with it on the spot; there must be no second penalty.")                                                                                        \
    X(WHAT_RECTIFIED, "车辆已维修并复检合格，不影响处罚流程。", "The vehicle was put right; the penalty goes on.")                                                         \
    X(BACK, "返回", "Back")                                                                                                                                                \
    X(REFUSED, "未能办理", "This was not done")                                                                                                                            \
    X(BAD_FORM, "表单已过期或不是从本页面提交的。请返回详情页后重试。",                                                                                                    \
      "The form has expired or did not come from this page. Go back to the package and try again.")                                                                        \
    X(BAD_FIELD, "有一项内容缺失、过长或含有不允许的字符：",                                                                                                               \
      "A field is missing, too long or has a forbidden "                                                                                                                   \
      "character: ")                                                                                                                                                       \
    X(BAD_ORDER, "不符合法定顺序，或内容不全：", "That is not the order of the law, or something is missing: ")                                                            \
    X(NO_SUCH, "没有这样的证据包，或您无权查阅。", "There is no such package, or you may not see it.")                                                                     \
    X(FILE_BAD, "所存文件与接收时不一致，不能作为证据展示。请从备份恢复。",                                                                                                \
      "The stored file is not what was received; it is not shown as evidence. Restore it from a backup.")                                                                  \
    X(NOT_READ, "记录无法读取。", "The record cannot be read.")                                                                                                            \
    X(WHO, "人员／证书", "Who")                                                                                                                                            \
    X(ACT, "行为", "What")                                                                                                                                                 \
    X(DETAIL, "详情", "Detail")                                                                                                                                            \
    X(FOOTER, "含个人信息，仅限办案使用；查阅均留痕。时间均为北京时间。",                                                                                                  \
      "Personal data, for duty only; every look is recorded. Times are those of UTC+8 (Beijing).")

enum inbox_word {
#define INBOX_WORD_ENUM(id, zh, en) INBOX_WORD_##id,
    INBOX_WORD_TABLE(INBOX_WORD_ENUM)
#undef INBOX_WORD_ENUM
        INBOX_WORD_COUNT
};

const char *inbox_word(enum inbox_language language, enum inbox_word word);

/* What the machine's word (a verdict, state, quantity, fact, source, role, act …) is called; the word itself where it
 * has no other name here. */
const char *inbox_term(enum inbox_language language, const char *word);

/* The grounds of a return, 1 to 8; "" for others. */
const char *inbox_ground(enum inbox_language language, int ground);

#endif
