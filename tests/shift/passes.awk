# Sixty remote-sensing passes as a device on a two-lane road would send them: one JSON object a line, keys as in the platforms' pinyin tables.
# One plate (新A90718) exceeds twice, one record is invalid (wind), one vehicle exceeds once. Deterministic, so that the shift can check
# what became of each. awk -v day=20260701 -f passes.awk
function emit(number, plate, colour, n, k, wind,    minute) {
    minute = number - 1
    printf "{\"jlbh\":\"6523010007%s%06d\",\"dwbh\":\"6523010007\",\"ycxbh\":\"01\",\"cdxh\":%d,\"jcrq\":\"%s10%02d%02d\",", \
        day, number, 1 + number % 2, day, minute, (number * 7) % 60
    printf "\"hphm\":\"%s\",\"cpys\":\"%s\",\"sbzxd\":\"%.1f\",\"rlzl\":\"B\",", plate, colour, 99.5 - number % 7 / 10
    printf "\"btgdjg\":\"%.1f\",\"btgxs\":\"%.2f\",\"clsd\":\"%.1f\",\"cljsd\":\"%.2f\",\"cdpd\":\"1.2\",", \
        n, k, 38 + number % 17, 0.12 + number % 9 / 10
    printf "\"nojg\":\"%d\",\"fs\":\"%.1f\",\"fx\":\"%d\",\"hjwd\":\"27.4\",\"sd\":\"31.5\",\"dqy\":\"94.3\"}\n", 180 + number * 13 % 700, wind, number * 31 % 360
}
BEGIN {
    for (number = 1; number <= 60; number++) {
        plate = sprintf("新B%05d", 20000 + number * 137)
        n = 3 + number * 11 % 170 / 10
        wind = 1.1 + number % 20 / 10
        if (number == 12 || number == 47) { plate = "新A90718"; n = number == 12 ? 41.3 : 38.7 }
        if (number == 30) wind = 9.4
        if (number == 39) n = 33.0
        emit(number, plate, 1, n, -log(1 - n / 100) / 0.43, wind)
    }
}
